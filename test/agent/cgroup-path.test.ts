import t from 'tap';
import { ownerOf } from '../../agent/identity/sandboxes/cgroup-path.ts';

const containerId = 'b1946ac92492d2347c6235b4d2611184b1946ac92492d2347c6235b4d2611184';
const podUid = '6a2f41a3-c54c-4b7d-9e0a-0d1f2e3c4b5a';
const escaped = podUid.replaceAll('-', '_');
const hash = 'd41d8cd98f00b204e9800998ecf8427e';
const owner = { podUid, containerId };

t.test('a process is known by every pattern of cgroup path that runtimes make', async (t) => {
  const slice = `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${escaped}.slice`;
  for (const path of [
    `0::${slice}/cri-containerd-${containerId}.scope`,
    `0::${slice}/crio-${containerId}.scope`,
    `0::${slice}/docker-${containerId}.scope`,
    `0::/kubepods.slice/kubepods-pod${escaped}.slice/cri-containerd-${containerId}.scope`,
    `0::/kubepods/besteffort/pod${podUid}/${containerId}`,
    `0::/kubepods/pod${podUid}/${containerId}`,
    `0::/kubepods/pod${podUid}/crio-${containerId}`,
    `0::/../../kubepods-burstable-pod${escaped}.slice/cri-containerd-${containerId}.scope`,
    `0::/../..${slice}/cri-containerd-${containerId}.scope/init.scope`,
    `0::/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod${escaped}.slice/cri-containerd-${containerId}.scope`,
    `0::/docker/0123/kubelet/kubepods/burstable/pod${podUid}/${containerId}`,
    `12:pids:/\n9:memory:/kubepods/burstable/pod${podUid}/${containerId}\n1:name=systemd:/`,
    `11:devices:/system.slice/containerd.service/kubepods-burstable-pod${escaped}.slice:cri-containerd:${containerId}`,
  ]) {
    t.same(ownerOf(path), owner, path);
  }
});

t.test("a static pod's UID is the hash of its configuration", async (t) => {
  t.same(ownerOf(`0::/kubepods/burstable/pod${hash}/${containerId}`), { podUid: hash, containerId });
  const path = `0::/kubepods.slice/kubepods-pod${hash}.slice/crio-${containerId}.scope`;
  t.same(ownerOf(path), { podUid: hash, containerId });
});

t.test("a process beside the pods, and the runtime's monitor of a container, belong to none", async (t) => {
  for (const path of [
    '0::/',
    '',
    '0::/system.slice/containerd.service',
    `0::/system.slice/docker-${containerId}.scope`,
    `0::/kubepods.slice/kubepods-pod${escaped}.slice/crio-conmon-${containerId}.scope`,
    '0::/kubepods.slice/kubepods-burstable.slice',
    `0::/user.slice/pod${podUid}/${containerId}`,
    '0::/kubepods/podnothing/x',
  ]) {
    t.equal(ownerOf(path), null, path);
  }
});

t.test('a process in the pod and in no container is known by its pod', async (t) => {
  t.same(ownerOf(`0::/kubepods/pod${podUid}`), { podUid, containerId: '' });
});
