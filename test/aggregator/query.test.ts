import { join } from 'node:path';
import type { ServiceError } from '@grpc/grpc-js';
import t from 'tap';
import type { FlowRecord } from '../../core/flow.ts';
import { zeroCounters } from '../../core/flow.ts';
import type { Connection } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import { addressOf, nodeYaml, podYaml, serviceYaml } from './cluster-fixture.ts';
import { batchOf, call, epoch, Pusher, windowMs } from './pusher.ts';
import { everything, newFolder, start, TestCluster } from './running.ts';

const cluster = () =>
  new TestCluster(
    nodeYaml('n1', '172.30.0.11', '10.244.1.0/24'),
    nodeYaml('n2', '172.30.0.12', '10.244.2.0/24'),
    podYaml({ name: 'frontend-1', ip: '10.1.0.1', deployment: 'frontend' }),
    podYaml({ name: 'cart-1', ip: '10.1.0.2', deployment: 'cart', ports: { http: 8080 } }),
    podYaml({ name: 'cart-2', ip: '10.1.0.3', deployment: 'cart', ports: { http: 8080 } }),
    podYaml({ name: 'redis-0', ip: '10.1.0.4', namespace: 'data', uid: 'uid-redis-0' }),
    serviceYaml({
      name: 'cart',
      ip: '10.96.0.20',
      selector: { app: 'cart' },
      ports: [{ port: 80, targetPort: 'http' }],
    }),
    JSON.stringify({ kind: 'Namespace', metadata: { name: 'empty' } }),
  );

const byVip = call('frontend-1', '10.96.0.20', 80);
const atServer = call('cart-1', '10.1.0.1', 8080, {
  role: 'server',
  counters: { ...zeroCounters(), established: 1, bytesToServer: 120, bytesToClient: 900 },
});
const toRedis = call('cart-2', '10.1.0.4', 6379);

async function pushAll(
  connection: Connection,
  batches: readonly (readonly FlowRecord[])[],
  node = 'n1',
): Promise<void> {
  const agent = new Pusher(connection, { node });
  await agent.welcome();
  for (const [i, records] of batches.entries()) {
    agent.send(batchOf(i + 1, records));
    await agent.ack();
  }
  agent.close();
}

const namesOf = (edges: readonly wire.Edge[]) =>
  edges.map(({ client, server, port }) => {
    const name = (entity: wire.Entity | null) =>
      entity?.entity === 'workload' ? entity.workload.name : entity?.entity;
    return `${name(client)}>${name(server)}:${port}`;
  });

async function codeOf(answer: Promise<unknown>): Promise<string> {
  const error = await answer.then(
    () => null,
    (thrown: unknown) => thrown as ServiceError,
  );
  return String(error?.metadata.get('weir-error-code')[0]);
}

t.test('a call through a Service and its arrival are one edge, on the target port, with both reports', async (t) => {
  const { connection } = await start(t, cluster());
  await pushAll(connection, [[byVip, atServer]]);
  const { edges } = await connection.query.listEdges(everything);
  t.match(edges, [
    {
      client: { workload: { namespace: 'shop', kind: 'Deployment', name: 'frontend' } },
      server: { workload: { namespace: 'shop', kind: 'Deployment', name: 'cart' } },
      protocol: 'PROTOCOL_TCP',
      port: 8080,
      services: [{ namespace: 'shop', name: 'cart' }],
      byClient: { counters: { attempts: 1, established: 1, bytesToServer: 100, bytesToClient: 1_000 } },
      byServer: { counters: { attempts: 0, established: 1, bytesToServer: 120, bytesToClient: 900 } },
      merged: { counters: { attempts: 1, established: 1, bytesToServer: 120, bytesToClient: 1_000 } },
      verdict: 'VERDICT_FORWARDED',
    },
  ]);
  t.equal(edges.length, 1);
});

t.test('calls through one Service to several workloads are an edge to each, by the Service', async (t) => {
  const behind = (name: string, ip: string) =>
    podYaml({ name: `${name}-1`, ip, deployment: name, labels: { tier: 'web' }, ports: { http: 8080 } });
  const ports = [{ port: 80, targetPort: 'http' }];
  const { connection } = await start(
    t,
    new TestCluster(
      podYaml({ name: 'frontend-1', ip: '10.1.0.1', deployment: 'frontend' }),
      behind('blue', '10.1.0.2'),
      behind('green', '10.1.0.3'),
      serviceYaml({ name: 'web', ip: '10.96.0.20', selector: { tier: 'web' }, ports }),
    ),
  );
  const seenAs = { address: addressOf('10.96.0.20'), port: 80 };
  await pushAll(connection, [
    [
      call('frontend-1', '10.1.0.2', 8080, { seenAs }),
      call('frontend-1', '10.1.0.3', 8080, { seenAs }),
      call('blue-1', '10.1.0.2', 8080, { seenAs }),
    ],
  ]);
  const { edges } = await connection.query.listEdges(everything);
  t.strictSame(namesOf(edges), ['blue>blue:8080', 'frontend>blue:8080', 'frontend>green:8080']);
  for (const { services } of edges) t.strictSame(services, [{ namespace: 'shop', name: 'web' }]);
});

t.test(
  'an edge tells how its direction is known, by which names the server was asked for, and round trips',
  async (t) => {
    const { connection } = await start(t, cluster());
    const counters = { ...zeroCounters(), established: 1, rttMicros: 900, rttSamples: 2 };
    const named = (remoteName: string, directionBy: FlowRecord['directionBy']) =>
      call('frontend-1', '203.0.113.7', 443, { remoteName, directionBy, counters });
    await pushAll(connection, [
      [named('www.example.com', 'ports'), { ...atServer, directionBy: 'listener', remoteName: 'not.the.server' }],
      [named('api.example.com', 'conntrack')],
    ]);
    const { edges } = await connection.query.listEdges(everything);
    const [outside, inside] = edges.map(({ merged }) => merged);
    t.match(outside, { directionBy: 'DIRECTION_EVIDENCE_CONNTRACK', counters: { rttMicros: 1_800, rttSamples: 4 } });
    t.strictSame(outside?.serverNames, ['api.example.com', 'www.example.com']);
    t.match(inside, { directionBy: 'DIRECTION_EVIDENCE_LISTENER' });
    t.strictSame(inside?.serverNames, [], "a client's name is no name of the server");
  },
);

t.test('namespaces and workloads are all listed, silent ones too', async (t) => {
  const { connection } = await start(t, cluster());
  await pushAll(connection, [[byVip, toRedis]]);
  t.strictSame((await connection.query.listNamespaces({ cluster: 'demo' })).namespaces, [
    { name: 'data', workloads: 1, pods: 1 },
    { name: 'empty', workloads: 0, pods: 0 },
    { name: 'shop', workloads: 2, pods: 3 },
  ]);
  const { workloads } = await connection.query.listWorkloads({ cluster: '', namespace: '' });
  const figures = workloads.map(({ workload, pods, ingressEdges, egressEdges }) =>
    [workload?.kind, workload?.name, pods, ingressEdges, egressEdges].join(' '),
  );
  t.strictSame(figures, ['Pod redis-0 1 1 0', 'Deployment cart 2 1 1', 'Deployment frontend 1 0 1']);
  const one = await connection.query.listWorkloads({ cluster: '', namespace: 'data' });
  t.match(one.workloads, [{ workload: { name: 'redis-0' }, labels: { app: 'redis-0' } }]);
  t.strictSame((await connection.query.listWorkloads({ cluster: '', namespace: 'empty' })).workloads, []);
});

t.test('a scope gives the edges of either end; the answer is sorted', async (t) => {
  const { connection } = await start(t, cluster());
  await pushAll(connection, [[toRedis, byVip, call('frontend-1', '203.0.113.7', 443)]]);
  const edges = async (scope: wire.Scope | null) =>
    namesOf((await connection.query.listEdges({ ...everything, scope })).edges);
  t.strictSame(await edges(null), ['cart>redis-0:6379', 'frontend>external:443', 'frontend>cart:8080']);
  t.strictSame(await edges({ namespace: 'data', workload: null }), ['cart>redis-0:6379']);
  const workload = { namespace: 'shop', kind: 'Deployment', name: 'cart' };
  t.strictSame(await edges({ namespace: '', workload }), ['cart>redis-0:6379', 'frontend>cart:8080']);
  t.strictSame(await edges({ namespace: 'empty', workload: null }), []);
});

t.test('a range of time gives the windows that overlap it, and their coverage', async (t) => {
  const { connection } = await start(t, cluster());
  await pushAll(connection, [[byVip], [byVip, toRedis], [byVip]]);
  const during = async (startUnixMs: number, endUnixMs: number) => {
    const answer = await connection.query.listEdges({ ...everything, range: { startUnixMs, endUnixMs } });
    return [answer.coverage?.windows, ...namesOf(answer.edges)];
  };
  const at = (sequence: number) => epoch + sequence * windowMs;
  t.strictSame(await during(at(1), at(2)), [1, 'frontend>cart:8080']);
  t.strictSame(await during(at(2), 0), [2, 'cart>redis-0:6379', 'frontend>cart:8080']);
  t.strictSame(await during(0, at(3)), [2, 'cart>redis-0:6379', 'frontend>cart:8080']);
  t.strictSame(await during(at(9), 0), [0]);
});

t.test('status tells agents, coverage, nodes without an agent and the source', async (t) => {
  const { connection } = await start(t, cluster());
  const status: wire.AgentStatus = {
    version: '0.1.0',
    kernel: '6.18.0',
    interfacesAttached: 3,
    podsResolved: 3,
    unresolvedInterfaces: [],
    cnis: [],
    resolvedByMeans: {},
    unresolvedByReason: {},
    identitySources: [],
    batchesPending: 0,
    windowMs: 15_000,
    spoolBytes: 0,
    spoolMaxBytes: 0,
    certificate: null,
    features: [],
  };
  const agent = new Pusher(connection, { status });
  await agent.welcome();
  agent.send(batchOf(1, [byVip], { losses: { 'kernel-map': 7 } }));
  await agent.ackThrough(1);
  t.match((await connection.query.getStatus({})).clusters, [
    {
      name: 'demo',
      source: 'a test',
      workloads: 3,
      pods: 4,
      edges: 1,
      agents: [
        {
          node: 'n1',
          connected: true,
          committed: { epoch, sequence: 1 },
          status,
          coverage: {
            windows: 1,
            incompleteWindows: 1,
            losses: [{ stage: 'kernel-map', events: 7 }],
            lastIncompleteUnixMs: epoch + 2 * windowMs,
          },
        },
      ],
      coverage: {
        windows: 1,
        incompleteWindows: 1,
        losses: [{ stage: 'kernel-map', events: 7 }],
        nodesWithoutAgent: ['n2'],
      },
      problems: [],
    },
  ]);
  agent.close();
});

t.test('questions that cannot be answered say why', async (t) => {
  const { connection } = await start(t, cluster());
  const ask = (change: Partial<wire.ListEdgesRequest>) =>
    codeOf(connection.query.listEdges({ ...everything, ...change }));
  t.equal(await ask({ cluster: 'other' }), 'QUERY_INVALID');
  t.equal(await ask({ range: { startUnixMs: 5, endUnixMs: 5 } }), 'QUERY_INVALID');
  t.equal(await ask({ scope: { namespace: 'shopp', workload: null } }), 'NAMESPACE_UNKNOWN');
  const workload = { namespace: 'shop', kind: 'Deployment', name: 'cart' };
  t.equal(await ask({ scope: { namespace: '', workload: { ...workload, name: 'card' } } }), 'WORKLOAD_UNKNOWN');
  t.equal(await ask({ scope: { namespace: '', workload: { ...workload, kind: '' } } }), 'QUERY_INVALID');
  t.equal(await ask({ scope: { namespace: 'data', workload } }), 'QUERY_INVALID');
});

t.test('a restart reads the graph back from the store', async (t) => {
  const database = join(newFolder(t), 'weir.db');
  const first = await start(t, cluster(), { database });
  await pushAll(first.connection, [
    [byVip, atServer],
    [toRedis],
    [call('frontend-1', '10.1.0.2', 9999, { drops: { NETFILTER_DROP: 3 } })],
  ]);
  const before = await first.connection.query.listEdges(everything);
  await first.aggregator.stop();
  const second = await start(t, cluster(), { database });
  t.strictSame(await second.connection.query.listEdges(everything), before);
  t.equal(before.edges.length, 3);
});

t.test('what is older than the retention is forgotten', async (t) => {
  const database = join(newFolder(t), 'weir.db');
  // A span begins some windows earlier than it has to.
  let now = epoch + 12 * windowMs;
  const running = await start(t, cluster(), {
    database,
    tiers: [{ widthMs: windowMs, keepMs: 8 * windowMs }],
    upkeepEveryMs: 5,
    clock: { now: () => now },
  });
  await pushAll(running.connection, [[byVip], [toRedis]]);
  const edges = async () => namesOf((await running.connection.query.listEdges(everything)).edges);
  t.strictSame(await edges(), ['cart>redis-0:6379', 'frontend>cart:8080']);
  now += windowMs;
  while ((await edges()).length > 1);
  t.strictSame(await edges(), ['cart>redis-0:6379']);
  now += windowMs;
  while ((await edges()).length > 0);
  t.match((await running.connection.query.listEdges(everything)).coverage, {
    windows: 0,
    firstUnixMs: 0,
    lastUnixMs: 0,
  });
});
