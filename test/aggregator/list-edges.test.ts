import t from 'tap';
import { Snapshots } from '../../aggregator/query/snapshots.ts';
import type { Answer } from '../../aggregator/graph/history.ts';
import type { Edge } from '../../core/edge.ts';
import type * as wire from '../../proto/wire.ts';
import { podYaml } from './cluster-fixture.ts';
import { batchOf, call, epoch, Pusher } from './pusher.ts';
import { start, TestCluster } from './running.ts';
import { zeroCounters } from '../../core/flow.ts';

const cluster = () =>
  new TestCluster(
    podYaml({ name: 'frontend-1', ip: '10.1.0.1', deployment: 'frontend', labels: { app: 'frontend' } }),
    podYaml({ name: 'cart-1', ip: '10.1.0.2', deployment: 'cart', labels: { app: 'cart' } }),
  );

/** To ports 1 to `count`, with as many bytes as the port. */
const calls = (count: number) =>
  Array.from({ length: count }, (_, i) =>
    call('frontend-1', '203.0.113.7', i + 1, {
      counters: { ...zeroCounters(), attempts: 1, established: 1, bytesToServer: i + 1 },
    }),
  );

const ports = ({ edges }: wire.ListEdgesResponse) => edges.map(({ port }) => port);

t.test('pages are of one moment although more comes in', async (t) => {
  const { connection } = await start(t, cluster());
  const agent = new Pusher(connection);
  await agent.welcome();
  agent.send(batchOf(1, calls(5)));
  await agent.ackThrough(1);
  const first = await connection.query.listEdges({ pageSize: 2 });
  t.match(first, { totalEdges: 5, coverage: { windows: 1 } });
  agent.send(batchOf(2, calls(9)));
  await agent.ackThrough(2);
  const second = await connection.query.listEdges({ pageSize: 2, pageToken: first.nextPageToken });
  const third = await connection.query.listEdges({ pageSize: 2, pageToken: second.nextPageToken });
  t.strictSame([first, second, third].map(ports), [[1, 2], [3, 4], [5]]);
  t.match(third, { totalEdges: 5, coverage: { windows: 1 }, nextPageToken: '' });
  const again = await connection.query.listEdges({ pageSize: 3, pageToken: first.nextPageToken });
  t.strictSame(ports(again), [3, 4, 5], 'a page can be asked for again, and have another size');
  t.equal((await connection.query.listEdges({})).totalEdges, 9);
  agent.close();
});

t.test('edges come in the order that is asked for', async (t) => {
  const { connection } = await start(t, cluster());
  const agent = new Pusher(connection);
  await agent.welcome();
  const refused = call('frontend-1', '10.1.0.2', 81, { counters: { ...zeroCounters(), attempts: 9, refused: 9 } });
  agent.send(batchOf(1, [...calls(3), refused]));
  agent.send(batchOf(2, calls(1)));
  await agent.ackThrough(2);
  const inOrder = async (order: wire.EdgeOrder) => ports(await connection.query.listEdges({ order }));
  t.strictSame(await inOrder('EDGE_ORDER_UNSPECIFIED'), [1, 2, 3, 81]);
  t.strictSame(await inOrder('EDGE_ORDER_BYTES'), [3, 1, 2, 81]);
  t.strictSame(await inOrder('EDGE_ORDER_CONNECTIONS'), [81, 1, 2, 3]);
  t.strictSame(await inOrder('EDGE_ORDER_LAST_SEEN'), [1, 2, 3, 81]);
  t.strictSame(await inOrder('EDGE_ORDER_DENIED'), [81, 1, 2, 3]);
  agent.close();
});

t.test('a filter is applied before anything is counted', async (t) => {
  const { connection } = await start(t, cluster());
  const agent = new Pusher(connection);
  await agent.welcome();
  agent.send(batchOf(1, [...calls(3), call('frontend-1', '10.1.0.2', 8080)]));
  await agent.ackThrough(1);
  t.match(await connection.query.listEdges({ filter: 'server.label.app=cart' }), {
    totalEdges: 1,
    edges: [{ port: 8080 }],
  });
  t.match(await connection.query.listEdges({ filter: 'type=external port=2-3', pageSize: 1 }), {
    totalEdges: 2,
    edges: [{ port: 2 }],
    nextPageToken: /./,
  });
  await t.rejects(connection.query.listEdges({ filter: 'prot=1' }), {
    message: /at "prot" \(place 1\): no such field/,
  });
  const range = { startUnixMs: epoch - 10, endUnixMs: epoch };
  t.match(await connection.query.listEdges({ filter: 'port=1', range }), { totalEdges: 0 });
  agent.close();
});

t.test('an answer that is too large is refused, and pages are cut to what one may have', async (t) => {
  const { connection } = await start(t, cluster(), { maxAnswerEdges: 3 });
  const agent = new Pusher(connection);
  await agent.welcome();
  agent.send(batchOf(1, calls(5)));
  await agent.ackThrough(1);
  await t.rejects(connection.query.listEdges({}), {
    message: /5 edges match, and one answer has 3 at most; ask for pages/,
  });
  const page = await connection.query.listEdges({ pageSize: 100 });
  t.strictSame(ports(page), [1, 2, 3]);
  t.strictSame(ports(await connection.query.listEdges({ pageToken: page.nextPageToken })), [4, 5]);
  agent.close();
});

t.test('a token that is none, or of another question, is refused', async (t) => {
  const { connection } = await start(t, cluster());
  const agent = new Pusher(connection);
  await agent.welcome();
  agent.send(batchOf(1, calls(5)));
  await agent.ackThrough(1);
  const { nextPageToken: pageToken } = await connection.query.listEdges({ pageSize: 2 });
  const ask = (request: Partial<wire.ListEdgesRequest>) => connection.query.listEdges({ pageSize: 2, ...request });
  await t.rejects(ask({ pageToken, order: 'EDGE_ORDER_BYTES' }), { message: /of another question/ });
  await t.rejects(ask({ pageToken: 'x' }), { message: /the page token is none/ });
  await t.rejects(ask({ pageToken: `${'A'.repeat(16)}.2` }), { message: /begin with the first page/ });
  agent.close();
});

const answerOf = (edges: number): Answer => ({
  edges: Array.from({ length: edges }, () => ({}) as Edge),
  coverage: { windows: 0, incompleteWindows: 0, losses: {}, span: null, nodesWithoutAgent: [] },
});

t.test('answers are kept for a while after they were used, and within bounds', async (t) => {
  let now = 1_000;
  const snapshots = new Snapshots({ maxSnapshots: 3, maxEdges: 10, keepMs: 100, clock: { now: () => now } });
  const token = snapshots.keep('q', answerOf(4)).tokenFor(2);
  now += 90;
  t.equal(snapshots.find(token, 'q').offset, 2);
  now += 90;
  t.equal(snapshots.find(token, 'q').offset, 2, 'each page prolongs it');
  now += 110;
  t.throws(() => snapshots.find(token, 'q'), { code: 'PAGE_EXPIRED' });

  const tokens = [4, 4, 4].map((edges) => snapshots.keep('q', answerOf(edges)).tokenFor(1));
  t.throws(() => snapshots.find(tokens[0] as string, 'q'), { code: 'PAGE_EXPIRED' }, 'the oldest makes room');
  t.equal(snapshots.find(tokens[2] as string, 'q').offset, 1);
  for (let i = 0; i < 1_000; i++) snapshots.keep('q', answerOf(1));
  t.ok(snapshots.edges <= 11);
});
