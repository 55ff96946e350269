import type { ServiceError } from '@grpc/grpc-js';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { type FlowRecord, zeroCounters } from '../../core/flow.ts';
import { compareText } from '../../core/order.ts';
import { Ingest } from '../../aggregator/ingest/ingest.ts';
import { Resolver } from '../../aggregator/ingest/resolver.ts';
import { SqliteStore } from '../../aggregator/store/sqlite.ts';
import { BatchWriter } from '../../proto/encode-batch.ts';
import { defaultLimits, wireVersions } from '../../proto/limits.ts';
import type * as wire from '../../proto/wire.ts';
import { columnBatchOf } from '../proto/columns.ts';
import { newIdentity, podYaml } from './cluster-fixture.ts';
import { batchOf, call, epoch, Pusher } from './pusher.ts';
import { everything, newFolder, type Running, start, TestCluster } from './running.ts';

const frontend = podYaml({ name: 'frontend-1', ip: '10.1.0.1', deployment: 'frontend' });
const cart = podYaml({ name: 'cart-1', ip: '10.1.0.2', deployment: 'cart' });
const toCart = call('frontend-1', '10.1.0.2', 8080);
const codeOf = async (agent: Pusher) => (await agent.end()).metadata.get('weir-error-code')[0];

/** An agent as all others are, which must not notice what another does. */
async function goodAgent(running: Running): Promise<Pusher> {
  const agent = new Pusher(running.connection, { node: 'good' });
  await agent.welcome();
  return agent;
}

async function connections(running: Running): Promise<number> {
  const { edges } = await running.connection.query.listEdges(everything);
  return edges.reduce((sum, { merged }) => sum + (merged?.counters?.established ?? 0), 0);
}

t.test('the stream with the largest dictionary ends when all together take too much', async (t) => {
  const running = await start(t, new TestCluster(frontend, cart), { maxDictionaryBytes: 100_000 });
  const good = await goodAgent(running);
  good.send(batchOf(1, [toCart]));
  await good.ackThrough(1);
  const greedy = new Pusher(running.connection, { node: 'greedy' });
  await greedy.welcome();
  const many = Array.from({ length: 2_000 }, (_, port) => call('frontend-1', '203.0.113.7', port + 1));
  greedy.send(batchOf(1, many.slice(0, 300)));
  await greedy.ackThrough(1);
  t.ok(((await running.metric('weir_ingest_dictionary_bytes'))[''] ?? 0) > 300 * 64);
  greedy.send(batchOf(2, many));
  t.equal(await codeOf(greedy), 'INGEST_OVERLOADED');
  t.ok(((await running.metric('weir_ingest_dictionary_bytes'))[''] ?? 0) < 1_000, 'its memory is free again');
  good.send(batchOf(2, [toCart]));
  await good.ackThrough(2);
  t.equal(await connections(running), 302, 'what was acknowledged counts, and nothing else');
  good.close();
});

t.test('one stream too many is refused, and streams that close make way', async (t) => {
  const running = await start(t, new TestCluster(frontend, cart), { maxStreams: 3 });
  const good = await goodAgent(running);
  const streams = Array.from({ length: 8 }, (_, i) => new Pusher(running.connection, { node: `of-one-${i}` }));
  const fates = await Promise.all(
    streams.map((each) =>
      each.welcome().then(
        () => 'welcome',
        (error: unknown) => (error as ServiceError).metadata.get('weir-error-code')[0],
      ),
    ),
  );
  t.strictSame(fates.map(String).toSorted(compareText), [
    ...Array<string>(6).fill('INGEST_OVERLOADED'),
    'welcome',
    'welcome',
  ]);
  good.send(batchOf(1, [toCart]));
  await good.ackThrough(1);
  for (const each of streams) each.close();
  while ((await running.metric('weir_agents_connected'))[''] !== 1);
  const later = new Pusher(running.connection, { node: 'later' });
  t.match(await later.welcome(), { committed: null });
  later.close();
  good.close();
});

t.test('a window far ahead of the clock is refused, one of long ago is taken for what it is', async (t) => {
  const running = await start(t, new TestCluster(frontend, cart));
  const good = await goodAgent(running);
  const ahead = new Pusher(running.connection, { node: 'ahead' });
  await ahead.welcome();
  const startUnixMs = Date.now() + 40 * 86_400_000;
  ahead.send(batchOf(1, [toCart], { window: { startUnixMs, endUnixMs: startUnixMs + 1_000 } }));
  const error = await ahead.end();
  t.strictSame(error.metadata.get('weir-error-code'), ['INGEST_INVALID']);
  t.match(error.details, /960 h ahead of the aggregator's clock; set the node's/);
  const behind = new Pusher(running.connection, { node: 'behind' });
  await behind.welcome();
  behind.send(batchOf(1, [toCart], { window: { startUnixMs: 1, endUnixMs: 15_000 } }));
  await behind.ackThrough(1);
  good.send(batchOf(1, [toCart]));
  await good.ackThrough(1);
  t.equal(await connections(running), 2);
  for (const each of [good, behind]) each.close();
});

t.test('pods of other nodes are noted', async (t) => {
  const elsewhere = podYaml({ name: 'elsewhere-1', ip: '10.1.0.3', deployment: 'elsewhere', node: 'n2' });
  const running = await start(t, new TestCluster(frontend, cart, elsewhere));
  const agent = new Pusher(running.connection, { node: 'n1' });
  await agent.welcome();
  agent.send(batchOf(1, [toCart, call('elsewhere-1', '10.1.0.2', 8080), call('elsewhere-1', '10.1.0.2', 81)]));
  await agent.ackThrough(1);
  t.strictSame(await running.metric('weir_ingest_foreign_pods_total'), { '': 1 });
  agent.close();
});

/** An ingest whose streams the test holds itself, so that it decides when an agent reads. */
async function newIngest(t: Test) {
  const store = new SqliteStore({ path: `${newFolder(t)}/weir.db`, synchronous: 'NORMAL', maxCached: 100 });
  t.teardown(() => store.close());
  const waits = { waitMs: 0, giveUpMs: 1_000, maxGivenUp: 10, firstState: Promise.resolve() };
  const resolver = new Resolver(newIdentity(), { ...waits, lanes: store.lanesOf('demo'), maxSubjects: 100 });
  let committed = 0;
  const wakes = new Map<number, () => void>();
  const ingest = await Ingest.open({
    cluster: 'demo',
    store,
    resolver,
    credits: { perAgent: 1_000, total: 10_000 },
    limits: defaultLimits,
    maxStreams: 10,
    maxDictionaryBytes: 1e6,
    clock: { now: () => epoch },
    onCommitted: () => wakes.get(++committed)?.(),
    log: pino({ level: 'silent' }),
  });
  return { ingest, committed: (batches: number) => new Promise<void>((resolve) => wakes.set(batches, resolve)) };
}

t.test('for an agent that does not read there is never more than one acknowledgement', async (t) => {
  const { ingest, committed } = await newIngest(t);
  const written: wire.PushResponse[] = [];
  let reads = true;
  let isWelcomed = () => {};
  const welcomed = new Promise<void>((resolve) => {
    isWelcomed = resolve;
  });
  const session = ingest.accept({
    write: (response) => {
      written.push(response);
      isWelcomed();
      return reads;
    },
    fail: (error) => t.fail(error.message),
    pause: () => undefined,
    resume: () => undefined,
  });
  const hello = { cluster: 'demo', node: 'n1', agentVersion: 'test', oldest: null, forgotten: null, status: null };
  session.receive({ frame: 'hello', hello: { ...hello, versions: wireVersions } });
  await welcomed;
  const writer = new BatchWriter();
  const record: FlowRecord = { ...toCart, counters: { ...zeroCounters(), attempts: 1 } };
  const send = (sequence: number) =>
    session.receive({ frame: 'batch', batch: writer.write(columnBatchOf(batchOf(sequence, [record])), null) });
  reads = false;
  const first = committed(1);
  send(1);
  await first;
  const all = committed(50);
  for (let sequence = 2; sequence <= 50; sequence++) send(sequence);
  await all;
  await new Promise((resolve) => setImmediate(resolve));
  t.match(written, [{ frame: 'welcome' }, { frame: 'ack', ack: { committed: { sequence: 1 } } }]);
  reads = true;
  session.drained();
  t.match(written.slice(2), [{ frame: 'ack', ack: { committed: { sequence: 50 } } }]);
  t.equal(written.length, 3);
  session.closed();
});
