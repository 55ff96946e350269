import t from 'tap';
import { paceOf } from '../../aggregator/ingest/credits.ts';
import { batchOf, call, Pusher } from './pusher.ts';
import { start, TestCluster } from './running.ts';

t.test('agents share what may be under way, and each keeps at least one', async (t) => {
  const limits = { perAgent: 16, total: 64 };
  t.strictSame(paceOf(limits, 0, 0), { credits: 16, throttleMs: 0 });
  t.strictSame(paceOf(limits, 4, 64), { credits: 16, throttleMs: 0 });
  t.strictSame(paceOf(limits, 8, 0), { credits: 8, throttleMs: 0 });
  t.strictSame(paceOf(limits, 1_000, 0), { credits: 1, throttleMs: 0 });
  t.match(paceOf(limits, 1_000, 65), { credits: 1, throttleMs: 500 });
});

t.test('an agent is told when its share has become smaller or larger', async (t) => {
  const { connection } = await start(t, new TestCluster(), { credits: 8, maxBatchesUnderWay: 8 });
  const [first, second] = ['n1', 'n2'].map((node) => new Pusher(connection, { node })) as [Pusher, Pusher];
  t.teardown(() => first.close());
  t.teardown(() => second.close());
  const credits = [await first.welcome(), await second.welcome()].map((welcome) => welcome.credits);
  t.strictSame(new Set(credits), new Set([4, 8]));
  const told = async (agent: Pusher, sequence: number) => {
    agent.send(batchOf(sequence, [call('frontend-1', '10.1.0.2', 8080)]));
    const answer = await agent.answer();
    return answer.frame === 'ack' ? answer.ack.credits : null;
  };
  t.strictSame(new Set([await told(first, 1), await told(second, 1)]), new Set([0, 4]), 'only who was told otherwise');
  t.equal(await told(first, 2), 0);
  second.close();
  let raised = 0;
  for (let sequence = 3; raised === 0; sequence++) raised = (await told(first, sequence)) ?? 0;
  t.equal(raised, 8);
});
