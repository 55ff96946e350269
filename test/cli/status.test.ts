import t from 'tap';
import type * as wire from '../../proto/wire.ts';
import { serving } from './serving.ts';

const agent: wire.AgentReport = {
  node: 'n1',
  connected: true,
  committed: { epoch: 1, sequence: 9 },
  lastWindowEndUnixMs: Date.UTC(2026, 0, 2, 3, 4, 5),
  status: {
    version: '0.1.0',
    kernel: '6.1.0-30-amd64',
    interfacesAttached: 12,
    podsResolved: 11,
    unresolvedInterfaces: ['veth1234 (ifindex 7): no pod has its namespace'],
    cnis: [{ name: 'calico', forced: false, evidence: ['plugin calico in 10-calico.conflist', 'interface cali1'] }],
    resolvedByMeans: { 'cni-cache': 10, cgroup: 1 },
    unresolvedByReason: { 'no-sandbox': 1 },
    identitySources: [
      { name: 'cni-cache', state: 'SOURCE_STATE_OK', detail: '12 results' },
      { name: 'cgroup', state: 'SOURCE_STATE_OK', detail: '1 of 2 namespaces told at the last look' },
      { name: 'cri', state: 'SOURCE_STATE_FAILING', detail: '/run/crio/crio.sock: no answer in 5000 ms' },
      { name: 'ovsdb', state: 'SOURCE_STATE_OFF', detail: 'no CNI at work here uses it' },
    ],
    batchesPending: 2,
    features: [
      { name: 'sockets', active: true, reason: '' },
      { name: 'drops', active: false, reason: 'the kernel has no tp_btf/kfree_skb' },
    ],
  },
  coverage: {
    windows: 28,
    incompleteWindows: 1,
    losses: [
      { stage: 'overflow-ring-full', events: 4 },
      { stage: 'of-a-later-version', events: 1 },
    ],
    lastIncompleteUnixMs: Date.UTC(2026, 0, 2, 3, 4, 0),
  },
};
const silent: wire.AgentReport = {
  node: 'n2',
  connected: false,
  committed: null,
  lastWindowEndUnixMs: 0,
  status: null,
  coverage: { windows: 0, incompleteWindows: 0, losses: [], lastIncompleteUnixMs: 0 },
};

const cluster: wire.ClusterStatus = {
  name: 'demo',
  source: 'files in /manifests',
  agents: [agent, silent],
  workloads: 18,
  pods: 29,
  edges: 1,
  coverage: {
    windows: 28,
    incompleteWindows: 1,
    losses: [
      { stage: 'overflow-ring-full', events: 4 },
      { stage: 'of-a-later-version', events: 1 },
    ],
    firstUnixMs: Date.UTC(2026, 0, 2, 3, 0, 0),
    lastUnixMs: Date.UTC(2026, 0, 2, 3, 4, 5),
    nodesWithoutAgent: ['n3'],
  },
  problems: ['/manifests/a.yaml:3: Pod shop/x: metadata.name: not valid'],
  unresolved: [
    { reason: 'pod-cidr', addresses: 2 },
    { reason: 'service-cidr', addresses: 0 },
    { reason: 'duplicate-address', addresses: 1 },
    { reason: 'of-a-later-version', addresses: 3 },
  ],
};

t.test('status says who watches what, what was lost, what is off and why', async (t) => {
  const { run } = await serving(t, (answers) => {
    answers.status = { version: '0.1.0', clusters: [cluster] };
  });
  const { status, stdout } = await run('status');
  t.equal(status, 0);
  t.equal(
    stdout.replaceAll(/\b\d+d\b( *)/g, (age) => (age.endsWith('d ') ? 'AGE ' : 'AGE'.padEnd(age.length))),
    `Cluster demo: 18 workloads, 29 pods, 1 edge; files in /manifests
28 windows from 2026-01-02T03:00:00.000Z to 2026-01-02T03:04:05.000Z
1 window incomplete: events were lost (overflow-ring-full 4, of-a-later-version 1)
no agent reports for n3
addresses without a name: 2 of the pods' network that no pod is known to have had; 1 that several had at the same time; 3 of-a-later-version

NODE  AGENT      LAST WINDOW  PODS   PENDING  KERNEL          VERSION
n1    connected  AGE          11/12  2        6.1.0-30-amd64  0.1.0
n2    lost       never        0/0    0

NODE  CNI                                           NAMED BY                WITHOUT A NAME  SOURCES
n1    calico (plugin calico in 10-calico.conflist)  cni-cache 10, cgroup 1  no-sandbox 1    cni-cache, cgroup

! 4 events lost at overflow-ring-full: the ring that takes what full tables cannot hold was full too
! 1 event lost at of-a-later-version
! n1: 1 of 28 windows incomplete, the last AGE ago (overflow-ring-full 4, of-a-later-version 1)
! n1: interface veth1234 (ifindex 7): no pod has its namespace
! n1: drops is off: the kernel has no tp_btf/kfree_skb
! n1: cri fails: /run/crio/crio.sock: no answer in 5000 ms
! /manifests/a.yaml:3: Pod shop/x: metadata.name: not valid
`,
  );
});

t.test('a cluster without agents says so', async (t) => {
  const { run } = await serving(t, (answers) => {
    const coverage = { ...answers.coverage, windows: 0, firstUnixMs: 0, lastUnixMs: 0 };
    answers.status = {
      version: '0.1.0',
      clusters: [{ ...cluster, agents: [], coverage, problems: [], unresolved: [] }],
    };
  });
  t.match((await run('status')).stdout, /\nnothing was recorded in this time\n\nno agent has reported yet\n$/);
});

t.test('status is data for programs', async (t) => {
  const { run } = await serving(t, (answers) => {
    answers.status = { version: '0.1.0', clusters: [cluster] };
  });
  t.match(JSON.parse((await run('status', '-o', 'json')).stdout), { clusters: [{ agents: [agent, { node: 'n2' }] }] });
});
