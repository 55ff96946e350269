import t from 'tap';
import { podYaml } from './cluster-fixture.ts';
import { batchOf, call, epoch, Pusher, windowMs } from './pusher.ts';
import { start, TestCluster } from './running.ts';

t.test('a timeline shows how much there was in each span, and where nothing was', async (t) => {
  const { connection } = await start(
    t,
    new TestCluster(
      podYaml({ name: 'frontend-1', ip: '10.1.0.1', deployment: 'frontend' }),
      podYaml({ name: 'redis-0', ip: '10.1.0.4', namespace: 'data' }),
    ),
  );
  t.strictSame((await connection.query.getTimeline({})).buckets, [], 'before anything was recorded');
  const agent = new Pusher(connection);
  await agent.welcome();
  const [toRedis, toWorld] = [call('frontend-1', '10.1.0.4', 6379), call('frontend-1', '203.0.113.7', 443)];
  const lost = { losses: { 'kernel-map': 3 } };
  agent.send(batchOf(1, [toRedis, toWorld]));
  agent.send(batchOf(2, [toRedis], lost));
  agent.send(
    batchOf(3, [toWorld], { window: { startUnixMs: epoch + 10 * windowMs, endUnixMs: epoch + 11 * windowMs } }),
  );
  await agent.ackThrough(3);
  const range = { startUnixMs: epoch, endUnixMs: epoch + 4 * windowMs };
  const { buckets, coverage } = await connection.query.getTimeline({ range, buckets: 4 });
  t.match(coverage, { windows: 2, incompleteWindows: 1 });
  t.strictSame(
    buckets.map(({ startUnixMs, connections, forwarded, windows, incompleteWindows }) => [
      (startUnixMs - epoch) / windowMs,
      connections,
      forwarded,
      windows,
      incompleteWindows,
    ]),
    [
      [-1, 2, 2, 1, 0],
      [2, 1, 1, 1, 1],
    ],
  );
  const filtered = await connection.query.getTimeline({ filter: 'port=443', buckets: 4 });
  t.strictSame(
    filtered.buckets.map(({ connections, bytes }) => [connections, bytes]),
    [
      [1, 1_100],
      [0, 0],
      [0, 0],
      [1, 1_100],
    ],
  );
  const scope = { namespace: 'shopp', workload: null };
  await t.rejects(connection.query.getTimeline({ scope }), { message: /No such namespace: shopp/ });
  await t.rejects(connection.query.getTimeline({ buckets: 100_000 }), { message: /1000 buckets are the most/ });
  const elsewhere = { startUnixMs: 1, endUnixMs: 2 };
  t.match(await connection.query.getTimeline({ range: elsewhere }), { buckets: [], coverage: { windows: 0 } });
  agent.close();
});
