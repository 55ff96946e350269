import t, { type Test } from 'tap';
import type { Batch } from '../../core/flow.ts';
import { podYaml } from './cluster-fixture.ts';
import { batchOf, call, epoch, Pusher } from './pusher.ts';
import { columnBatchOf } from '../proto/columns.ts';
import { everything, type Running, start, TestCluster } from './running.ts';

const frontend = podYaml({ name: 'frontend-1', ip: '10.1.0.1', deployment: 'frontend' });
const cart = podYaml({ name: 'cart-1', ip: '10.1.0.2', deployment: 'cart' });
const toCart = call('frontend-1', '10.1.0.2', 8080);

async function established({ connection }: Running): Promise<number> {
  const { edges } = await connection.query.listEdges(everything);
  return edges.reduce((total, { merged }) => total + (merged?.counters?.established ?? 0), 0);
}

async function connected(t: Test): Promise<{ running: Running; agent: Pusher }> {
  const running = await start(t, new TestCluster(frontend, cart), { credits: 16 });
  const agent = new Pusher(running.connection);
  t.teardown(() => agent.close());
  await agent.welcome();
  return { running, agent };
}

const frameOf = (agent: Pusher, batch: Batch) => agent.writer.write(columnBatchOf(batch), null);

t.test('a batch that came damaged is asked for again, and all that was behind it', async (t) => {
  const { running, agent } = await connected(t);
  agent.send(batchOf(1, [toCart]));
  const { body, crc32 } = frameOf(agent, batchOf(2, [toCart]));
  agent.sendWire({ body, crc32: crc32 ^ 1 });
  agent.send(batchOf(3, [toCart]));
  const answers = [await agent.answer(), await agent.answer()];
  t.match(
    answers.find(({ frame }) => frame === 'needDictionary'),
    { needDictionary: { after: { epoch, sequence: 1 }, reason: /damaged/ } },
  );
  agent.writer.reset();
  for (const sequence of [2, 3]) agent.send(batchOf(sequence, [toCart]));
  await agent.ackThrough(3);
  t.equal(await established(running), 3);
  const seen = (await running.metric('weir_ingest_batches_seen_total'))[''];
  const results = await running.metric('weir_ingest_batches_total');
  t.equal(seen, 5);
  t.match(results, { '{result="committed"}': 3, '{result="rejected"}': 2, '{result="duplicate"}': 0 });
});

t.test('a batch of a stream that began without its dictionary is asked for again', async (t) => {
  const { running, agent } = await connected(t);
  frameOf(agent, batchOf(1, [toCart]));
  agent.sendWire(frameOf(agent, batchOf(2, [toCart])));
  t.match(await agent.needDictionary(), { after: null, reason: /dictionary that was not said/ });
  agent.writer.reset();
  agent.send(batchOf(1, [toCart]));
  t.match(await agent.ack(), { sequence: 1 });
  t.equal(await established(running), 1);
});

t.test('a batch that stays damaged is refused in the end, and holds up no others', async (t) => {
  const { running, agent } = await connected(t);
  agent.send(batchOf(1, [toCart]));
  await agent.ackThrough(1);
  for (let i = 0; i < 3; i++) {
    agent.writer.reset();
    const { body, crc32 } = frameOf(agent, batchOf(2, [toCart]));
    agent.sendWire({ body, crc32: crc32 ^ 1 });
    t.match(await agent.needDictionary(), { after: { sequence: 1 } });
  }
  const { body, crc32 } = frameOf(agent, batchOf(2, [toCart]));
  agent.sendWire({ body, crc32: crc32 ^ 1 });
  const error = await agent.end();
  t.strictSame(error.metadata.get('weir-error-code'), ['INGEST_INVALID']);
  t.match(error.details, /the batch behind \d+\/1 of node n1/);
  const again = new Pusher(running.connection, { oldest: { epoch, sequence: 3 } });
  t.teardown(() => again.close());
  await again.welcome();
  again.send(batchOf(3, [toCart]));
  await again.ackThrough(3);
  t.equal(await established(running), 2);
});

t.test('a batch that is refused ends the stream only after those before it are answered', async (t) => {
  const { running, agent } = await connected(t);
  for (const sequence of [1, 2, 3]) agent.send(batchOf(sequence, [toCart]));
  agent.send(batchOf(4, [toCart], { window: { startUnixMs: epoch, endUnixMs: epoch } }));
  agent.send(batchOf(5, [toCart]));
  await agent.ackThrough(3);
  t.match((await agent.end()).details, /the batch behind \d+\/3 of node n1: the window is empty/);
  t.equal(await established(running), 3);
});
