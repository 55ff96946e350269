import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { calicoInterface } from '../../agent/identity/calico.ts';
import { CniCache } from '../../agent/identity/cni-cache.ts';
import { joinInterfaces, type SandboxIds } from '../../agent/identity/join.ts';
import { uplinkInterfaces } from '../../agent/identity/uplinks.ts';
import type { Link } from '../../native/native.ts';

const link = (ifindex: number, name: string, peerNsid: number, kind = 'veth'): Link => ({
  ifindex,
  name,
  kind,
  peerIfindex: 2,
  peerNsid,
});

const sandbox = (name: string, nsid: number): SandboxIds => ({
  sandbox: { pod: { namespace: 'shop', name, uid: `uid-${name}` }, netnsPath: `/run/netns/${name}` },
  ids: { cookie: BigInt(1000 + nsid), nsid },
});

const pod = (name: string) => ({ namespace: 'shop', name, uid: `uid-${name}` });

t.test('an interface is named by the namespace that its other end is in', async (t) => {
  const joined = joinInterfaces([link(7, 'veth1234', 3)], [sandbox('a', 3), sandbox('b', 4)], new Set());
  t.match(joined, [
    { ifindex: 7, resolution: { state: 'resolved', pod: pod('a'), means: 'namespace', cookie: 1003n } },
  ]);
});

t.test('links that lead to no pod are left out', async (t) => {
  const links = [link(1, 'lo', -1, ''), link(2, 'eth0', 9), link(3, 'bridge', -1, 'bridge'), link(4, 'both', -1)];
  t.same(joinInterfaces(links, [], new Set(['eth0'])), []);
});

t.test('a Calico name serves where the namespace has no id yet', async (t) => {
  const early = sandbox('a', -1);
  const joined = joinInterfaces([link(7, calicoInterface(early.sandbox.pod), 3)], [early], new Set());
  t.match(joined[0]?.resolution, { state: 'resolved', pod: pod('a'), means: 'interface-name' });
});

t.test('a name that contradicts the namespace gives no pod rather than a wrong one', async (t) => {
  const joined = joinInterfaces([link(7, calicoInterface(pod('b')), 3)], [sandbox('a', 3), sandbox('b', 4)], new Set());
  t.match(joined[0]?.resolution, { state: 'unresolved', reason: /its name says shop\/b/ });
});

t.test('Calico names are cali and eleven digits of sha1("namespace.pod")', async (t) => {
  t.equal(calicoInterface({ namespace: 'default', name: 'web', uid: '' }), 'cali68caf03a5f4');
});

t.test('the CNI cache is read, and read again when it changes', async (t) => {
  const folder = t.testdir();
  const write = (file: string, name: string) => {
    const cniArgs = [
      ['IgnoreUnknown', '1'],
      ['K8S_POD_NAMESPACE', 'shop'],
      ['K8S_POD_NAME', name],
      ['K8S_POD_UID', `uid-${name}`],
    ];
    writeFileSync(join(folder, file), JSON.stringify({ kind: 'cniCacheV1', netns: `/run/netns/${name}`, cniArgs }));
  };
  const cache = new CniCache(folder);
  write('net-1-eth0', 'a');
  t.same(cache.read(), { sandboxes: [{ pod: pod('a'), netnsPath: '/run/netns/a' }], problems: [] });
  write('net-1-net1', 'a');
  write('net-2-eth0', 'bb');
  t.same(
    cache.read().sandboxes.map(({ pod: { name } }) => name),
    ['a', 'bb'],
    'a pod with two interfaces is one sandbox',
  );
  rmSync(join(folder, 'net-2-eth0'));
  t.equal(cache.read().sandboxes.length, 1);
});

t.test('a broken file in the CNI cache is a named problem and hides nothing else', async (t) => {
  const cniArgs = '[["K8S_POD_NAMESPACE","shop"],["K8S_POD_NAME","a"],["K8S_POD_UID","uid-a"]]';
  const folder = t.testdir({
    broken: '{"netns": ',
    'no-uid': '{"netns":"/run/netns/x","cniArgs":[["K8S_POD_NAMESPACE","shop"],["K8S_POD_NAME","x"]]}',
    good: `{"netns":"/run/netns/a","cniArgs":${cniArgs}}`,
  });
  mkdirSync(join(folder, 'folder'));
  const { sandboxes, problems } = new CniCache(folder).read();
  t.equal(sandboxes.length, 1);
  t.match(problems.map(({ file, message }) => `${file} ${message}`).toSorted(), [
    /broken .*JSON/,
    /folder /,
    /no-uid cniArgs has no K8S_POD_UID/,
  ]);
});

t.test('a CNI cache that is not there is a problem, not an end', async (t) => {
  const missing = join(t.testdir(), 'nothing');
  t.match(new CniCache(missing).read(), { sandboxes: [], problems: [{ file: missing, message: /ENOENT/ }] });
});

t.test('interfaces with a default route are the way out of the node', async (t) => {
  const procNet = t.testdir({
    route: [
      'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
      'eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0',
      'cali1\t0100090A\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0',
    ].join('\n'),
    ipv6_route: [
      `${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00 fe80${'0'.repeat(27)}1 00000400 00000001 00000000 00000003 eth1`,
      `${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00 ${'0'.repeat(32)} ffffffff 00000001 00000000 00200200       lo`,
    ].join('\n'),
  });
  t.same([...uplinkInterfaces(procNet)].toSorted(), ['eth0', 'eth1']);
});
