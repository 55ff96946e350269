import t, { type Test } from 'tap';
import type * as wire from '../../proto/wire.ts';
import { serving } from './serving.ts';

const now = Date.UTC(2026, 0, 2, 3, 4, 20);
const dayMs = 86_400_000;

const agent: wire.AgentReport = {
  node: 'n1',
  connected: true,
  committed: { epoch: 1, sequence: 9 },
  lastWindowEndUnixMs: Date.UTC(2026, 0, 2, 3, 4, 5),
  lagMs: 230,
  nodeIsGone: false,
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
    windowMs: 15_000,
    spoolBytes: 40 << 20,
    spoolMaxBytes: 64 << 20,
    certificate: { fromUnixMs: now - 80 * dayMs, throughUnixMs: now + 10 * dayMs },
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
  lagMs: 0,
  nodeIsGone: false,
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
  nodes: 3,
  namespaces: 4,
  waiting: false,
  sourceProblems: ['/manifests/a.yaml:3: Pod shop/x: metadata.name: not valid'],
  kept: [
    { widthMs: 15_000, keepMs: 3_600_000 },
    { widthMs: 3_600_000, keepMs: 30 * dayMs },
  ],
};

const replica: wire.Replica = {
  name: 'weir-aggregator-0',
  version: '0.1.0',
  startedUnixMs: now - 3 * dayMs,
  seenUnixMs: now,
  agentsConnected: 1,
  certificate: { fromUnixMs: now - 5 * dayMs, throughUnixMs: now + 360 * dayMs },
};
const store = { kind: 'sqlite', place: '/var/lib/weir/weir.db', schemaVersion: 8, bytes: 12 << 20, problem: '' };
const unwell: wire.GetStatusResponse = { version: '0.1.0', clusters: [cluster], replicas: [replica], store };

const healthyAgent: wire.AgentReport = {
  ...agent,
  coverage: { windows: 28, incompleteWindows: 0, losses: [], lastIncompleteUnixMs: 0 },
  status: {
    ...(agent.status as wire.AgentStatus),
    unresolvedInterfaces: [],
    unresolvedByReason: {},
    identitySources: [],
    features: [],
    spoolBytes: 4096,
    certificate: null,
  },
};
const healthyCluster: wire.ClusterStatus = {
  ...cluster,
  agents: [healthyAgent],
  coverage: { ...(cluster.coverage as wire.Coverage), incompleteWindows: 0, losses: [], nodesWithoutAgent: [] },
  problems: [],
  sourceProblems: [],
  unresolved: [],
  nodes: 1,
};

/** What status says of an answer. */
async function statusOf(t: Test, status: wire.GetStatusResponse, ...more: string[]) {
  const { run } = await serving(t, (answers) => {
    answers.status = status;
  });
  return await run('status', ...more);
}

t.test('status says what is wrong first, then who watches what', async (t) => {
  const { status, stdout } = await statusOf(t, unwell);
  t.equal(status, 3);
  t.equal(
    stdout,
    `Weir 0.1.0 is not healthy: 6 faults, 5 notes

fault  /manifests/a.yaml:3: Pod shop/x: metadata.name: not valid
fault  n3: no agent has ever reported
fault  n1: 1 of 28 windows incomplete, the last 20s ago (overflow-ring-full 4, of-a-later-version 1)
fault  n1: the spool is filling up: 2 batches wait, 40 MiB of 64 MiB
fault  n1: the agent's certificate ends in 10d
fault  n2: the agent is lost: no window yet
note   4 events lost at overflow-ring-full: the ring that takes what full tables cannot hold was full too
note   1 event lost at of-a-later-version
note   n1: 1 interface without a pod: no-sandbox
note   n1: cri fails: /run/crio/crio.sock: no answer in 5000 ms
note   n1: drops is off: the kernel has no tp_btf/kfree_skb

AGGREGATOR         VERSION  UP  SEEN  AGENTS  CERTIFICATE
weir-aggregator-0  0.1.0    3d  0s    1       ends in 360d
store: SQLite /var/lib/weir/weir.db, schema 8, 12 MiB

Cluster demo: 3 nodes, 4 namespaces, 18 workloads, 29 pods, 1 edge; files in /manifests
recorded: 4m 5s from 2026-01-02T03:00:00Z, 28 windows; kept in steps of 15s for 1h, 1h for 30d
agents: 1 reporting, 1 lost, 1 missing, 11 of 12 interfaces have a pod, windows committed within 230ms
addresses without a name: 2 of the pods' network that no pod is known to have had; 1 that several had at the same time; 3 of-a-later-version

NODE  AGENT    LAST   PODS   SPOOL
n1    reports  15s    11/12  2 (63%)
n2    lost     never
`,
  );
});

t.test('status of all agents tells more of each', async (t) => {
  const { stdout } = await statusOf(t, unwell, '-o', 'wide');
  t.ok(
    stdout.endsWith(`
NODE  AGENT    LAST   PODS   SPOOL    LAG    CERTIFICATE  VERSION  KERNEL
n1    reports  15s    11/12  2 (63%)  230ms  ends in 10d  0.1.0    6.1.0-30-amd64
n2    lost     never                         -

NODE  CNI                                           NAMED BY                WITHOUT A NAME  SOURCES
n1    calico (plugin calico in 10-calico.conflist)  cni-cache 10, cgroup 1  no-sandbox 1    cni-cache, cgroup

n1: interface veth1234 (ifindex 7): no pod has its namespace
`),
    stdout,
  );
});

const healthy: wire.GetStatusResponse = { ...unwell, clusters: [healthyCluster] };

/** An answer that is healthy but for its only agent. */
function withAgent(change: Partial<wire.AgentReport>, status: Partial<wire.AgentStatus> = {}): wire.GetStatusResponse {
  const changed = { ...healthyAgent, status: { ...(healthyAgent.status as wire.AgentStatus), ...status }, ...change };
  return { ...healthy, clusters: [{ ...healthyCluster, agents: [changed] }] };
}

/** An answer that is healthy but for its cluster. */
function withCluster(change: Partial<wire.ClusterStatus>): wire.GetStatusResponse {
  return { ...healthy, clusters: [{ ...healthyCluster, ...change }] };
}

const hourMs = 3_600_000;
const lossy = { windows: 28, incompleteWindows: 2, losses: [{ stage: 'spool', events: 3 }] };
const validFor = (ms: number, ofMs: number) => ({ fromUnixMs: now + ms - ofMs, throughUnixMs: now + ms });

/** Answers by what is said of them; what is no fault leaves an installation healthy. */
const cases: Readonly<Record<string, wire.GetStatusResponse>> = {
  '': healthy,
  'fault  n1: the agent is connected and late: the last window ended 2m ago': withAgent({
    lastWindowEndUnixMs: now - 120_000,
  }),
  'fault  n1: the agent is lost: the last window ended 2m ago': withAgent({
    lastWindowEndUnixMs: now - 120_000,
    connected: false,
    status: null,
  }),
  'note   n1: the agent is connected and has sent no window yet': withAgent({ lastWindowEndUnixMs: 0 }),
  'note   n1: windows are committed 1m 30s after their end': withAgent({ lagMs: 90_000 }),
  'fault  n1: 2 of 28 windows incomplete, the last 59m ago (spool 3)': withAgent({
    coverage: { ...lossy, lastIncompleteUnixMs: now - hourMs + 1000 },
  }),
  'note   n1: 2 of 28 windows incomplete, the last 1h ago (spool 3)': withAgent({
    coverage: { ...lossy, lastIncompleteUnixMs: now - hourMs },
  }),
  "fault  n1: the agent's certificate ended 1d ago": withAgent({}, { certificate: validFor(-dayMs, 90 * dayMs) }),
  "fault  n1: the agent's certificate ends in 5h": withAgent({}, { certificate: validFor(5 * hourMs, dayMs) }),
  'note   n1: the agent is of version 0.0.9, the aggregator of 0.1.0': withAgent({}, { version: '0.0.9' }),
  'fault  the certificate of aggregator weir-aggregator-0 ends in 13d': {
    ...healthy,
    replicas: [{ ...replica, certificate: validFor(13 * dayMs, 365 * dayMs) }],
  },
  'note   aggregator b is of version 0.1.1, this one of 0.1.0': {
    ...healthy,
    replicas: [replica, { ...replica, name: 'b', version: '0.1.1' }],
  },
  'fault  aggregator b was last heard of 30s ago: it ended, or does not reach the database': {
    ...healthy,
    replicas: [replica, { ...replica, name: 'b', seenUnixMs: replica.seenUnixMs - 30_000 }],
  },
  'fault  The database could not be used: nobody listens there': {
    ...healthy,
    store: { ...store, problem: 'The database could not be used: nobody listens there' },
  },
  'fault  the state of the cluster is not known yet: no flow is named': withCluster({ waiting: true }),
  'fault  no agent has reported yet': withCluster({ agents: [], nodes: 0 }),
  'fault  n1, n2, n3 and 1 more: no agent has ever reported': withCluster({
    coverage: { ...(healthyCluster.coverage as wire.Coverage), nodesWithoutAgent: ['n1', 'n2', 'n3', 'n4'] },
  }),
  'fault  7 events lost at aggregator-graph: the graph was full (--max-edges), and further edges were left out of it':
    withCluster({
      coverage: { ...(healthyCluster.coverage as wire.Coverage), losses: [{ stage: 'aggregator-graph', events: 7 }] },
    }),
  'note   10.1.0.4 is stated by two pods': withCluster({ problems: ['10.1.0.4 is stated by two pods'] }),
};

for (const [said, answer] of Object.entries(cases)) {
  t.test(said === '' ? 'an installation without a fault is healthy' : `status says: ${said}`, async (t) => {
    const { status, stdout } = await statusOf(t, answer);
    const [first, , ...rest] = stdout.split('\n');
    const isFault = said.startsWith('fault');
    t.equal(status, isFault ? 3 : 0);
    t.match(first, isFault ? /^Weir 0\.1\.0 is not healthy: 1 fault$/ : /^Weir 0\.1\.0 is healthy(, 1 note)?$/);
    t.strictSame(rest.slice(0, rest.indexOf('')), said === '' ? rest.slice(0, 3) : [said]);
  });
}

t.test('agents that wait with short-lived certificates or whose node is gone do no harm', async (t) => {
  const gone = { ...silent, node: 'n9', nodeIsGone: true };
  const fresh = {
    ...healthyAgent,
    status: { ...(healthyAgent.status as wire.AgentStatus), certificate: validFor(8 * hourMs, dayMs) },
  };
  const { status, stdout } = await statusOf(t, withCluster({ agents: [fresh, gone] }));
  t.equal(status, 0);
  t.match(stdout, /\nagents: 1 reporting, 1 of nodes that are gone, /);
  t.notMatch(stdout, /n9/);
});

t.test('what an older aggregator does not tell is left out', async (t) => {
  const older = { windowMs: 0, spoolBytes: 0, spoolMaxBytes: 0, certificate: null };
  const agents = [
    {
      ...healthyAgent,
      lastWindowEndUnixMs: Date.now(),
      lagMs: 0,
      status: { ...(healthyAgent.status as wire.AgentStatus), ...older },
    },
  ];
  const clusters = [{ ...healthyCluster, agents, nodes: 0, namespaces: 0, kept: [] }];
  const { status, stdout } = await statusOf(t, { version: '0.0.1', clusters, replicas: [], store: null });
  t.equal(status, 0);
  t.notMatch(stdout, /AGGREGATOR|store:|kept in steps|committed within/);
  t.match(stdout, /\nCluster demo: 18 workloads, 29 pods, 1 edge; files in \/manifests\n/);
  t.match(stdout, /\nn1 +reports +0s +11\/12 +2\n$/);
});

t.test('of many agents those in trouble are shown, and all of them to who asks', async (t) => {
  const agents = Array.from({ length: 40 }, (_, i) => ({ ...healthyAgent, node: `n${String(i).padStart(2, '0')}` }));
  const late = { ...healthyAgent, node: 'n99', lastWindowEndUnixMs: now - hourMs };
  const answer = withCluster({ agents: [...agents, late] });
  const { stdout } = await statusOf(t, answer);
  t.match(stdout, /\nNODE .*\nn99 +late .*\nn00 +reports /);
  t.match(stdout, /\nn18 .*\nand 21 more; weir status -o wide shows all\n$/);
  t.equal((await statusOf(t, answer, '-o', 'wide')).stdout.match(/^n\d\d +(reports|late) /gm)?.length, 41);
});

t.test('of several clusters a finding names its own', async (t) => {
  const clusters = [healthyCluster, { ...healthyCluster, name: 'edge', waiting: true }];
  const { stdout } = await statusOf(t, { ...healthy, clusters });
  t.match(stdout, /\nfault {2}the state of the cluster is not known yet: no flow is named \(cluster edge\)\n/);
});

t.test('a cluster without agents says so', async (t) => {
  const coverage = { ...(cluster.coverage as wire.Coverage), windows: 0, firstUnixMs: 0, lastUnixMs: 0 };
  const { stdout } = await statusOf(t, withCluster({ agents: [], coverage, nodes: 0 }));
  t.match(stdout, /\nrecorded: nothing yet; kept in steps of 15s for 1h, 1h for 30d\n$/);
});

t.test('status is data for programs', async (t) => {
  const { status, stdout } = await statusOf(t, unwell, '-o', 'json');
  t.equal(status, 3);
  t.match(JSON.parse(stdout), {
    health: {
      healthy: false,
      findings: [
        { severity: 'fault', nodes: [] },
        { severity: 'fault', nodes: ['n3'] },
      ],
    },
    version: '0.1.0',
    replicas: [replica],
    store,
    clusters: [{ agents: [agent, { node: 'n2' }] }],
  });
  t.match((await statusOf(t, healthy, '-o', 'yaml')).stdout, /^health:\n {2}healthy: true\n {2}findings: \[\]\n/);
});
