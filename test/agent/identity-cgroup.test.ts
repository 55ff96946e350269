import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ownerOf } from '../../agent/identity/sandboxes/cgroup-path.ts';
import { ApiProcess } from '../kube/api-process.ts';
import { Cgroups } from './cgroups.ts';
import type { InsideProcess, Place } from './inside-process.ts';
import { TestNode, whyNoKernel } from './node-fixture.ts';
import type { TestPod } from './pod-wiring.ts';
import { Watched } from './watched.ts';

const skip = whyNoKernel() || Cgroups.whyNot();
const uidOf = (digit: number) => `6a2f41a3-c54c-4b7d-9e0a-0d1f2e3c4b5${digit}`;
const staticHash = 'd41d8cd98f00b204e9800998ecf8427e';

t.test('a pod that only its processes tell of', { skip }, async (t) => {
  // Removed when the node, and what runs in it, is gone.
  const cgroups = new Cgroups();
  t.teardown(() => cgroups.remove());
  const node = new TestNode();
  const w = new Watched(t, { node });
  await w.listen();
  const manifests = join(node.folder, 'manifests');
  mkdirSync(manifests);
  const publish = (name: string, uid: string, annotations = {}) => {
    const metadata = { namespace: 'test', name, uid, annotations };
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata, spec: { nodeName: 'n1' } };
    writeFileSync(join(manifests, `${name}.json`), JSON.stringify(pod));
  };
  publish('plain', uidOf(1));
  publish('static-n1', uidOf(2), { 'kubernetes.io/config.hash': staticHash });
  const kubeconfig = join(node.folder, 'kubeconfig');
  const flags = ['--listen', '127.0.0.1:6443'];
  const api = await ApiProcess.start(t, manifests, kubeconfig, { netns: node.netns, flags });

  /** A process in a pod's namespace and cgroup, which stays. */
  const inhabit = (place: Place, path: string): InsideProcess =>
    node.start(place, cgroups.inside(cgroups.make(path), ['sleep', '600']));
  /** Sends something that nobody answers. */
  const say = (pod: TestPod) =>
    node.script(
      pod,
      `import { createSocket } from 'node:dgram';
       createSocket('udp4').send('x', 5300, '${node.address}', () => process.exit(0));`,
    );
  const status = () => w.ingest.statuses.at(-1);
  const unnamed = (pod: TestPod) => status()?.unresolvedInterfaces.find((text) => text.startsWith(pod.interface));
  const container = (pod: TestPod) => `cri-containerd-${pod.containerId}.scope`;
  const systemd = (uid: string) => `kubepods.slice/kubepods-pod${uid.replaceAll('-', '_')}.slice`;

  const plain = node.addPod('plain', { named: false, interface: () => 'veth0001' });
  inhabit(plain, `${systemd(uidOf(1))}/${container(plain)}`);
  w.startAgent(['--kubeconfig', kubeconfig]);
  await w.podsKnown(1);
  t.match(status()?.resolvedByMeans, { cgroup: 1 }, 'is known by its cgroup and the API');

  await t.test('its flows have its name', async (t) => {
    say(plain);
    await w.until(() => w.records.some(({ pod }) => pod.name === 'plain'), 'it is reported');
    t.match(w.records.find(({ pod }) => pod.name === 'plain')?.pod, { namespace: 'test', uid: uidOf(1) });
  });

  await t.test("a static pod's cgroup has the hash of its configuration", async (t) => {
    const pod = node.addPod('static', { named: false, interface: () => 'veth0002' });
    inhabit(pod, `kubepods/burstable/pod${staticHash}/${pod.containerId}`);
    await w.podsKnown(2);
    say(pod);
    await w.until(() => w.records.some(({ pod: { uid } }) => uid === uidOf(2)), "it has its mirror's UID");
    t.ok(w.records.some(({ pod: { name } }) => name === 'static-n1'));
  });

  await t.test('a process that another pod sent there is no evidence', async (t) => {
    const pod = node.addPod('visited', { named: false, interface: () => 'veth0003' });
    const helper = cgroups.make(`kubepods/pod${uidOf(1)}/${plain.containerId}`);
    const enter = ['nsenter', `--net=/run/netns/${pod.netns}`, 'sleep', '600'];
    node.start(node, cgroups.inside(helper, ['sh', '-c', `${enter.join(' ')} & wait`]));
    await w.until(() => unnamed(pod) !== undefined, 'the interface is seen');
    await w.settled();
    t.match(unnamed(pod), 'no sandbox is known for its namespace');
    inhabit(pod, `kubepods/pod${uidOf(3)}/${pod.containerId}`);
    await w.until(() => unnamed(pod)?.includes(uidOf(3)) === true, 'its own process tells its UID');
    t.match(unnamed(pod), `its processes belong to pod ${uidOf(3)}, whose name is not known`);
    publish('visited', uidOf(3));
    await w.podsKnown(3);
    t.same(status()?.unresolvedInterfaces, [], 'and the API its name, once it has it');
  });

  await t.test('processes of two pods in one namespace give no pod', async (t) => {
    const pod = node.addPod('torn', { named: false, interface: () => 'veth0004' });
    inhabit(pod, `kubepods/pod${uidOf(1)}/${'1'.repeat(64)}`);
    inhabit(pod, `kubepods/pod${uidOf(4)}/${'2'.repeat(64)}`);
    await w.until(() => unnamed(pod)?.includes('several pods') === true, 'the contradiction is told');
    t.match(status()?.unresolvedByReason, { 'several-pods': 1 });
    t.equal(status()?.podsResolved, 3);
  });

  await t.test('a kernel without iterators is asked process by process', async (t) => {
    await w.agent.stop();
    w.startAgent(['--kubeconfig', kubeconfig, '--without', 'iterators']);
    const isSo = () => status()?.features.some(({ name, active }) => name === 'iterators' && !active) === true;
    await w.until(() => isSo() && status()?.resolvedByMeans['cgroup'] === 3, 'all are known again');
    t.match(status()?.unresolvedByReason, { 'several-pods': 1 });
  });

  await t.test('what is known stays known while the API is away', async (t) => {
    await api.end('SIGKILL');
    await w.until(() => status()?.features.some(({ reason }) => reason.includes('since')) === true, 'it is away');
    t.match(status()?.resolvedByMeans, { cgroup: 3 });
  });
});

t.test('a cgroup namespace of its own shows paths from elsewhere', { skip }, async (t) => {
  const cgroups = new Cgroups();
  t.teardown(() => cgroups.remove());
  const node = new TestNode();
  t.teardown(() => node.remove());
  const containerId = 'b1946ac92492d2347c6235b4d2611184b1946ac92492d2347c6235b4d2611184';
  const pod = cgroups.make(`kubepods/pod${uidOf(1)}/${containerId}`);
  const { pid } = node.start(node, cgroups.inside(pod, ['sleep', '600']));
  const reader = cgroups.inside(cgroups.make('agent'), ['unshare', '--cgroup', 'cat', `/proc/${pid}/cgroup`]);
  const [command = '', ...argv] = reader;
  let text = '';
  while (!text.includes('kubepods')) text = execFileSync(command, argv, { encoding: 'utf8' });
  t.match(text, /^0::\/\.\.\/kubepods/m);
  t.same(ownerOf(text), { podUid: uidOf(1), containerId });
});
