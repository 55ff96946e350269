import { createHash } from 'node:crypto';
import { join } from 'node:path';
import t from 'tap';
import { allCnis } from '../../agent/identity/cni/all.ts';
import { detectCnis } from '../../agent/identity/cni/detect.ts';

const containerId = 'b1946ac92492d2347c6235b4d2611184b1946ac92492d2347c6235b4d2611184';
const parts = { pod: { namespace: 'default', name: 'web' }, containerId, interfaceName: 'eth0' };

const named = (name: string) => {
  const cni = allCnis.find((each) => each.name === name);
  if (cni === undefined) throw new Error(`there is no CNI ${name}`);
  return cni;
};

t.test('each CNI names the node end of an interface in its own way', async (t) => {
  const sha1 = (text: string) => createHash('sha1').update(text).digest('hex');
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  for (const [cni, expected] of [
    ['calico', 'cali68caf03a5f4'],
    ['aws-vpc', 'eni68caf03a5f4'],
    ['weave', 'vethweplb1946ac'],
    ['cilium', `lxc${sha256(`${containerId}:eth0`).slice(0, 12)}`],
    ['ovn-kubernetes', 'b1946ac92492d23'],
    ['antrea', `web-${sha1(containerId).slice(0, 6)}`],
    ['openshift-sdn', null],
    ['bridge', null],
    ['kindnet', null],
  ] as const) {
    const name = named(cni).nameOf(parts);
    t.equal(name, expected, cni);
    t.ok((name?.length ?? 0) <= 15, 'the kernel takes no longer name');
  }
});

t.test('a name that needs the sandbox is not guessed without it', async (t) => {
  for (const cni of ['weave', 'cilium', 'ovn-kubernetes', 'antrea']) {
    t.equal(named(cni).nameOf({ ...parts, containerId: '' }), null, cni);
  }
});

t.test("a CNI's own links are never a pod's", async (t) => {
  for (const [cni, link] of [
    ['cilium', 'lxc_health'],
    ['cilium', 'cilium_host'],
    ['cilium', 'cilium_net'],
    ['weave', 'vethwe-bridge'],
    ['weave', 'vethwe-datapath'],
    ['weave', 'vethwe-pcap'],
    ['ovn-kubernetes', 'ovn-k8s-mp0'],
    ['antrea', 'antrea-gw0'],
  ] as const) {
    t.match(link, named(cni).infrastructure, link);
  }
  for (const cni of allCnis) t.notMatch(cni.nameOf(parts) ?? '', cni.infrastructure ?? /^$ /, cni.name);
});

t.test('a CNI is recognised by its configuration and by its links, and says by which', async (t) => {
  const folder = t.testdir({
    '10-calico.conflist': '{"name":"k8s","plugins":[{"type":"calico"},{"type":"bandwidth"}]}',
    '20-multus.conf': '{"name":"multus","type":"multus"}',
    '30-broken.conf': '{"type":',
    '87-podman.txt': '{"type":"bridge"}',
  });
  const found = detectCnis(null, folder, ['lo', 'eth0', 'cali68caf03a5f4']);
  t.match(found, [{ cni: { name: 'calico' }, forced: false }]);
  t.same(found[0]?.evidence, ['plugin calico in 10-calico.conflist', 'interface cali68caf03a5f4']);
});

t.test('chained CNIs are all recognised', async (t) => {
  const folder = t.testdir({ '05-cilium.conflist': '{"plugins":[{"type":"aws-cni"},{"type":"cilium-cni"}]}' });
  t.same(
    detectCnis(null, folder, []).map(({ cni }) => cni.name),
    ['aws-vpc', 'cilium'],
  );
});

t.test('nothing to be seen is no CNI, and one that is forced is reckoned with alone', async (t) => {
  const folder = join(t.testdir(), 'nothing');
  t.same(detectCnis(null, folder, ['eth0', 'veth0']), []);
  t.match(detectCnis('weave', folder, ['cali68caf03a5f4']), [{ cni: { name: 'weave' }, forced: true, evidence: [] }]);
});
