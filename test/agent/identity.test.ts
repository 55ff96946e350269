import t from 'tap';
import type { Claim } from '../../agent/identity/claim.ts';
import { type Dwelling, joinInterfaces, type Known, leadsToPod } from '../../agent/identity/join.ts';
import { readRoutes, uplinksOf } from '../../agent/identity/routes.ts';
import type { SandboxMeans } from '../../agent/identity/sandboxes/sandbox.ts';
import type { Link } from '../../native/native.ts';

const link = (ifindex: number, name: string, peerNsid: number, kind = 'veth'): Link => ({
  ifindex,
  name,
  kind,
  peerIfindex: 2,
  peerNsid,
});

const pod = (name: string) => ({ namespace: 'shop', name, uid: `uid-${name}` });

const home = (name: string, nsid: number, means: SandboxMeans = 'cni-cache'): Dwelling => ({
  ids: { cookie: BigInt(1000 + nsid), nsid },
  occupant: { pod: pod(name), containerId: '', means },
  podUid: `uid-${name}`,
});

const nobody = (nsid: number, podUid: string): Dwelling => ({
  ids: { cookie: BigInt(1000 + nsid), nsid },
  occupant: { state: 'unresolved', reason: 'pod-unknown', detail: `nobody knows ${podUid}` },
  podUid,
});

const says = (name: string, means: Claim['means'] = 'interface-name'): Claim => ({
  means,
  pod: { namespace: 'shop', name },
  uid: null,
});

/** What is known: who lives where, and what is said of every link. */
function known(dwellings: readonly Dwelling[], claims: readonly Claim[] = [], more: Partial<Known> = {}): Known {
  return {
    dwellings: new Map(dwellings.map((each) => [each.ids.nsid, each])),
    pending: new Map(),
    homes: new Map(dwellings.map(({ ids, podUid }) => [podUid, new Set([ids.nsid])])),
    claimsOn: () => claims,
    podOf: (claim) => pod(claim.pod.name),
    ...more,
  };
}

const join = (...args: Parameters<typeof known>) => joinInterfaces([link(7, 'veth1234', 3)], known(...args))[0];

t.test('an interface is named by the namespace that its other end is in', async (t) => {
  t.match(join([home('a', 3), home('b', 4)]), {
    ifindex: 7,
    cookie: 1003n,
    resolution: { state: 'resolved', pod: pod('a'), means: 'cni-cache' },
  });
});

t.test('links that lead to no pod are left out', async (t) => {
  const isOwn = (name: string) => name === 'eth0';
  const leads = (each: Link) => leadsToPod(each, isOwn);
  const links = [link(1, 'lo', -1, ''), link(2, 'eth0', 9), link(3, 'bridge', -1, 'bridge'), link(4, 'both', -1)];
  t.same(links.filter(leads), []);
  t.ok(leads(link(5, 'lxc1', 3, 'netkit')));
});

t.test('what is said of an interface serves where nobody knows its namespace', async (t) => {
  t.match(join([], [says('a')])?.resolution, { state: 'resolved', pod: pod('a'), means: 'interface-name' });
  t.match(join([])?.resolution, { state: 'unresolved', reason: 'no-sandbox' });
  const pending = new Map([['uid-a', { cookie: 5n, nsid: -1 }]]);
  t.equal(join([], [says('a')], { pending })?.cookie, 5n, 'a namespace that no link was known to lead to');
});

t.test('a contradiction gives no pod rather than a wrong one', async (t) => {
  for (const [what, dwellings, claims] of [
    ['a name against a namespace', [home('a', 3)], [says('b')]],
    ['a record against a namespace', [home('a', 3)], [says('a'), says('b', 'ovsdb')]],
    ['a record against a name', [], [says('a'), says('b', 'ovsdb')]],
  ] as const) {
    t.match(
      join(dwellings, claims)?.resolution,
      { state: 'unresolved', reason: 'contradiction', detail: /shop\/b/ },
      what,
    );
  }
});

t.test('an address says nothing against a namespace, as it is used again', async (t) => {
  t.match(join([home('a', 3)], [says('b', 'address')])?.resolution, { state: 'resolved', pod: pod('a') });
});

t.test(
  'a name that is used again does not give the interface to the pod that had it in another namespace',
  async (t) => {
    const homes = new Map([['uid-a', new Set([9])]]);
    t.match(join([], [says('a')], { homes })?.resolution, { state: 'unresolved', reason: 'pod-elsewhere' });
  },
);

t.test('a UID from a cgroup and a name from elsewhere make a pod together', async (t) => {
  t.match(join([nobody(3, 'uid-x')])?.resolution, { state: 'unresolved', reason: 'pod-unknown' });
  const resolution = join([nobody(3, 'uid-x')], [says('a', 'ovsdb')])?.resolution;
  t.match(resolution, { state: 'resolved', pod: { ...pod('a'), uid: 'uid-x' }, means: 'ovsdb' });
  const other = { ...says('a', 'ovsdb'), uid: 'uid-y' };
  t.match(join([nobody(3, 'uid-x')], [other])?.resolution, { state: 'unresolved', reason: 'contradiction' });
});

t.test('a claim of which no single pod is known leaves the interface unresolved', async (t) => {
  t.match(join([], [says('a')], { podOf: () => null })?.resolution, { state: 'unresolved', reason: 'pod-unknown' });
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
  const routes = readRoutes(procNet);
  t.same([...uplinksOf(routes)].toSorted(), ['eth0', 'eth1']);
  t.match(routes, [
    { device: 'eth0', prefix: 0 },
    { device: 'cali1', destination: '10.9.0.1', prefix: 32 },
  ]);
});
