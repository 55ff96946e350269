import { Client, credentials } from '@grpc/grpc-js';
import fc from 'fast-check';
import { join } from 'node:path';
import t from 'tap';
import { SqliteStore } from '../../aggregator/store/sqlite.ts';
import type { Commit, CommitResult } from '../../aggregator/store/store.ts';
import { WeirError } from '../../core/errors.ts';
import { defaultLimits } from '../../proto/limits.ts';
import { addressOf, podYaml, serviceYaml } from './cluster-fixture.ts';
import { batchOf, call, epoch, Pusher } from './pusher.ts';
import { everything, newFolder, type Running, start, TestCluster } from './running.ts';

const frontend = podYaml({ name: 'frontend-1', ip: '10.1.0.1', deployment: 'frontend' });
const cart = podYaml({ name: 'cart-1', ip: '10.1.0.2', deployment: 'cart' });
const toCart = call('frontend-1', '10.1.0.2', 8080);

async function established(running: Running): Promise<number> {
  const { edges } = await running.connection.query.listEdges(everything);
  return edges.reduce((total, { merged }) => total + (merged?.counters?.established ?? 0), 0);
}

/** seen = committed + duplicate + rejected + pending */
async function ledger(running: Running): Promise<Readonly<Record<string, number>>> {
  const results = await running.metric('weir_ingest_batches_total');
  const seen = (await running.metric('weir_ingest_batches_seen_total'))[''];
  const pending = (await running.metric('weir_ingest_batches_pending'))[''];
  const named = Object.fromEntries(Object.entries(results).map(([label, count]) => [label.split('"')[1], count]));
  return { seen: seen as number, pending: pending as number, ...named };
}

t.test('batches are acknowledged in order, each after it was committed', async (t) => {
  const running = await start(t, new TestCluster(frontend, cart));
  const agent = new Pusher(running.connection);
  t.strictSame(await agent.welcome(), { committed: null, credits: 4, version: 1, limits: defaultLimits });
  for (let sequence = 1; sequence <= 20; sequence++) agent.send(batchOf(sequence, [toCart]));
  const acks = await agent.ackThrough(20);
  t.strictSame(
    acks,
    [...new Set(acks)].toSorted((a, b) => a - b),
  );
  t.equal(await established(running), 20);
  t.strictSame(await ledger(running), { seen: 20, pending: 0, committed: 20, duplicate: 0, rejected: 0 });
  agent.close();
});

t.test('what is sent again is acknowledged again and counts once', async (t) => {
  const running = await start(t, new TestCluster(frontend, cart));
  const agent = new Pusher(running.connection);
  await agent.welcome();
  for (const sequence of [1, 2, 1, 2, 3]) agent.send(batchOf(sequence, [toCart]));
  await agent.ackThrough(3);
  agent.send(batchOf(2, [toCart]));
  t.match(await agent.ack(), { sequence: 3 }, 'as far as it is committed');
  t.equal(await established(running), 3);
  t.strictSame(await ledger(running), { seen: 6, pending: 0, committed: 3, duplicate: 3, rejected: 0 });
  agent.close();
});

t.test('a gap ends the stream and says which batch was due; the agent goes on from there', async (t) => {
  const running = await start(t, new TestCluster(frontend, cart));
  const agent = new Pusher(running.connection);
  await agent.welcome();
  agent.send(batchOf(1, [toCart]));
  agent.send(batchOf(3, [toCart]));
  const error = await agent.end();
  t.equal(error.code, 9);
  t.match(error.details, /node n1 sent 3 where 2 was due/);
  t.strictSame(error.metadata.get('weir-error-code'), ['INGEST_SEQ_GAP']);
  const again = new Pusher(running.connection, { oldest: { epoch, sequence: 2 } });
  t.match(await again.welcome(), { committed: { epoch, sequence: 1 } });
  for (const sequence of [2, 3]) again.send(batchOf(sequence, [toCart]));
  await again.ackThrough(3);
  t.equal(await established(running), 3);
  const { seen, committed, rejected, pending } = await ledger(running);
  t.strictSame({ seen, committed, rejected, pending }, { seen: 4, committed: 3, rejected: 1, pending: 0 });
  again.close();
});

t.test('an agent that dropped its oldest batches goes on with what it holds, and the loss is told', async (t) => {
  const running = await start(t, new TestCluster(frontend, cart));
  const agent = new Pusher(running.connection, { oldest: { epoch, sequence: 7 } });
  await agent.welcome();
  agent.send(batchOf(7, [toCart]));
  await agent.ackThrough(7);
  const { coverage } = await running.connection.query.listEdges(everything);
  t.match(coverage, { windows: 1, incompleteWindows: 1, losses: [{ stage: 'missing-batches', events: 6 }] });
  t.strictSame(await running.metric('weir_agent_events_lost_total'), { '{stage="missing-batches"}': 6 });
  agent.close();
});

t.test('a newer start of an agent begins at 1 again', async (t) => {
  const running = await start(t, new TestCluster(frontend, cart));
  const agent = new Pusher(running.connection);
  await agent.welcome();
  for (const sequence of [1, 2]) agent.send(batchOf(sequence, [toCart]));
  agent.send(batchOf(1, [toCart], { epoch: epoch + 1 }));
  await agent.ackThrough(1);
  await agent.ackThrough(2);
  await agent.ackThrough(1, epoch + 1);
  t.equal(await established(running), 3);
  agent.close();
});

t.test('a batch of an epoch that was passed is never acknowledged as if it were committed', async (t) => {
  const running = await start(t, new TestCluster(frontend, cart));
  const agent = new Pusher(running.connection);
  await agent.welcome();
  agent.send(batchOf(1, [toCart], { epoch: epoch + 1 }));
  agent.send(batchOf(3, [toCart]));
  t.strictSame(await agent.ack(), { epoch: epoch + 1, sequence: 1 });
  const error = await agent.end();
  t.strictSame(error.metadata.get('weir-error-code'), ['INGEST_EPOCH_PASSED']);
  t.match(error.details, /does another agent report for the same node/);
  t.equal(await established(running), 1);
  t.match(await ledger(running), { seen: 2, committed: 1, rejected: 1, pending: 0 });
});

t.test('a merged batch follows the batch before its first, and counts for all that it stands for', async (t) => {
  const running = await start(t, new TestCluster(frontend, cart));
  const agent = new Pusher(running.connection);
  await agent.welcome();
  agent.send(batchOf(1, [toCart]));
  agent.send(batchOf(4, [toCart]), { firstSequence: 2 });
  await agent.ackThrough(1);
  await agent.ackThrough(4);
  const { coverage } = await running.connection.query.listEdges(everything);
  t.match(coverage, { windows: 2, incompleteWindows: 0 });
  agent.send(batchOf(6, [toCart]), { firstSequence: 4 });
  const error = await agent.end();
  t.strictSame(error.metadata.get('weir-error-code'), ['INGEST_INVALID'], 'a part of it was committed before');
  t.match(error.details, /sent 4 to 6 as one, of which 4 was committed/);
  t.equal(await established(running), 2);
});

t.test('a second stream of a node takes over from the first', async (t) => {
  const running = await start(t, new TestCluster(frontend, cart));
  const first = new Pusher(running.connection);
  await first.welcome();
  const second = new Pusher(running.connection);
  await second.welcome();
  t.strictSame((await first.end()).metadata.get('weir-error-code'), ['INGEST_SUPERSEDED']);
  second.send(batchOf(1, [toCart]));
  await second.ackThrough(1);
  t.strictSame(await running.metric('weir_agents_connected'), { '': 1 });
  second.close();
});

const refusals: Readonly<Record<string, (agent: Pusher) => Promise<void>>> = {
  INGEST_INVALID: async (agent) => {
    await agent.welcome();
    agent.send(batchOf(1, [toCart], { window: { startUnixMs: epoch, endUnixMs: epoch } }));
  },
  INGEST_SEQ_GAP: async (agent) => {
    await agent.welcome();
    agent.send(batchOf(5, [toCart]));
  },
};

for (const [code, act] of Object.entries(refusals)) {
  t.test(`a stream ends with ${code} and what follows is rejected, not lost from the count`, async (t) => {
    const running = await start(t, new TestCluster(frontend, cart));
    const agent = new Pusher(running.connection);
    await act(agent);
    agent.send(batchOf(6, [toCart]));
    t.strictSame((await agent.end()).metadata.get('weir-error-code'), [code]);
    const { seen, committed, rejected, pending } = await ledger(running);
    t.equal(committed, 0);
    t.equal(seen, (rejected ?? 0) + (pending ?? 0));
  });
}

t.test('hello is checked: cluster, node, and that it comes once', async (t) => {
  const running = await start(t, new TestCluster());
  const codeOf = async (agent: Pusher) => (await agent.end()).metadata.get('weir-error-code')[0];
  t.equal(await codeOf(new Pusher(running.connection, { cluster: 'other' })), 'INGEST_CLUSTER_MISMATCH');
  t.equal(await codeOf(new Pusher(running.connection, { node: '' })), 'INGEST_INVALID');
  t.equal(await codeOf(new Pusher(running.connection, { node: 'n'.repeat(254) })), 'INGEST_INVALID');
  const twice = new Pusher(running.connection);
  twice.hello();
  t.equal(await codeOf(twice), 'INGEST_INVALID');
});

t.test('a batch waits a little for the cluster to show its pods', async (t) => {
  const cluster = new TestCluster(frontend);
  const running = await start(t, cluster, { identityWaitMs: 10_000, clock: { now: () => epoch + 10_000 } });
  const agent = new Pusher(running.connection);
  await agent.welcome();
  const far = call('late-1', '10.1.0.2', 8080);
  agent.send(batchOf(1, [far]));
  while ((await ledger(running))['pending'] === 0);
  cluster.set(frontend, cart);
  t.equal((await ledger(running))['pending'], 1, 'one of its two pods is still unknown');
  cluster.set(frontend, cart, podYaml({ name: 'late-1', ip: '10.1.0.9', deployment: 'late' }));
  await agent.ackThrough(1);
  const { edges } = await running.connection.query.listEdges(everything);
  t.match(edges, [{ client: { workload: { name: 'late' } }, server: { workload: { name: 'cart' } } }]);
  agent.close();
});

t.test('a batch waits for the Service that a call was translated from to be shown', async (t) => {
  const cluster = new TestCluster(frontend, cart);
  const running = await start(t, cluster, { identityWaitMs: 10_000, clock: { now: () => epoch + 10_000 } });
  const agent = new Pusher(running.connection);
  await agent.welcome();
  const seenAs = { address: addressOf('10.96.0.20'), port: 80 };
  agent.send(batchOf(1, [call('frontend-1', '10.1.0.2', 8080, { seenAs })]));
  while ((await ledger(running))['pending'] === 0);
  const ports = [{ port: 80, targetPort: 8080 }];
  cluster.set(frontend, cart, serviceYaml({ name: 'cart', ip: '10.96.0.20', selector: { app: 'cart' }, ports }));
  await agent.ackThrough(1);
  const { edges } = await running.connection.query.listEdges(everything);
  t.match(edges, [{ server: { workload: { name: 'cart' } }, port: 8080, services: [{ name: 'cart' }] }]);
  agent.close();
});

t.test('a batch waits once in vain for an address, not again and again', async (t) => {
  const running = await start(t, new TestCluster(frontend), { identityWaitMs: 300 });
  const agent = new Pusher(running.connection);
  await agent.welcome();
  for (let sequence = 1; sequence <= 10; sequence++)
    agent.send(batchOf(sequence, [call('frontend-1', '10.1.7.7', 80)]));
  const begin = performance.now();
  await agent.ackThrough(10);
  t.ok(performance.now() - begin < 2_000, 'ten batches that each waited would take three seconds');
  const { edges } = await running.connection.query.listEdges(everything);
  t.match(edges, [{ server: { unresolved: { address: '10.1.7.7', reason: 'pod-cidr' } } }]);
  agent.close();
});

t.test('a store that fails ends the stream; nothing is acknowledged, and sent again it counts once', async (t) => {
  class FailingStore extends SqliteStore {
    failing = false;
    override commit(commits: readonly Commit[]): Promise<readonly CommitResult[]> {
      return this.failing ? Promise.reject(new WeirError('STORE', 'the disk is full')) : super.commit(commits);
    }
  }
  const path = join(newFolder(t), 'weir.db');
  const store = new FailingStore({ path, synchronous: 'FULL', maxCached: 100 });
  const running = await start(t, new TestCluster(frontend, cart), { store });
  const agent = new Pusher(running.connection);
  await agent.welcome();
  agent.send(batchOf(1, [toCart]));
  await agent.ackThrough(1);
  store.failing = true;
  agent.send(batchOf(2, [toCart]));
  const error = await agent.end();
  t.equal(error.code, 14);
  store.failing = false;
  const again = new Pusher(running.connection, { oldest: { epoch, sequence: 2 } });
  t.match(await again.welcome(), { committed: { sequence: 1 } });
  again.send(batchOf(2, [toCart]));
  await again.ackThrough(2);
  t.equal(await established(running), 2);
  t.strictSame(await ledger(running), { seen: 3, pending: 0, committed: 2, duplicate: 0, rejected: 1 });
  again.close();
});

t.test('stopping lets what is under way end, then ends the streams', async (t) => {
  const database = join(newFolder(t), 'weir.db');
  const running = await start(t, new TestCluster(frontend, cart), { database });
  const agent = new Pusher(running.connection);
  await agent.welcome();
  for (const sequence of [1, 2, 3]) agent.send(batchOf(sequence, [toCart]));
  await agent.ack();
  const [error] = await Promise.all([agent.end(), running.aggregator.stop()]);
  t.equal(error.code, 14);
  const again = await start(t, new TestCluster(frontend, cart), { database });
  const next = new Pusher(again.connection);
  const { committed } = await next.welcome();
  t.equal(await established(again), committed?.sequence, 'the graph is that of the committed batches');
  next.close();
});

t.test('bytes that are no message end the stream, and nothing else', async (t) => {
  const running = await start(t, new TestCluster(frontend, cart));
  const client = new Client(running.aggregator.addresses[0] as string, credentials.createInsecure());
  const bytes = fc.sample(fc.uint8Array({ minLength: 1, maxLength: 300 }), { seed: 41, numRuns: 60 });
  for (const each of bytes) {
    const stream = client.makeBidiStreamRequest<Uint8Array, Buffer>(
      '/weir.v1.IngestService/Push',
      (value) => Buffer.from(value),
      (value) => value,
      { deadline: Date.now() + 5_000 },
    );
    stream.on('data', () => undefined);
    stream.on('error', () => undefined);
    // Not `once`: it takes the error that comes first for its own.
    const over = new Promise((resolve) => stream.on('status', resolve));
    stream.write(each);
    stream.end();
    await over;
  }
  client.close();
  const agent = new Pusher(running.connection);
  await agent.welcome();
  agent.send(batchOf(1, [toCart]));
  await agent.ackThrough(1);
  t.equal(await established(running), 1);
  const { seen, committed, rejected, pending } = await ledger(running);
  t.equal(seen, (committed ?? 0) + (rejected ?? 0));
  t.equal(pending, 0);
  agent.close();
});
