import { once } from 'node:events';
import t from 'tap';
import { Follower, Followers } from '../../aggregator/query/followers.ts';
import type * as wire from '../../proto/wire.ts';
import { podYaml } from './cluster-fixture.ts';
import { batchOf, call, epoch, Pusher, windowMs } from './pusher.ts';
import { start, TestCluster } from './running.ts';
import { plainSegment } from './segments.ts';

const anyScope = { namespace: null, workload: null };

t.test('a follower gets each window as it is committed, with the edges in its scope', async (t) => {
  const cluster = new TestCluster(
    podYaml({ name: 'frontend-1', ip: '10.1.0.1', deployment: 'frontend' }),
    podYaml({ name: 'redis-0', ip: '10.1.0.4', namespace: 'data' }),
  );
  const { connection, metric } = await start(t, cluster);
  const agent = new Pusher(connection);
  await agent.welcome();
  agent.send(batchOf(1, [call('frontend-1', '203.0.113.7', 443)]));
  await agent.ackThrough(1);
  const stream = connection.query.follow({ cluster: '', scope: { namespace: 'data', workload: null } });
  const windows = stream[Symbol.asyncIterator]();
  await once(stream, 'metadata');
  t.strictSame(await metric('weir_followers'), { '': 1 });
  agent.send(batchOf(2, [call('frontend-1', '10.1.0.4', 6379), call('frontend-1', '203.0.113.7', 443)]));
  const { value } = (await windows.next()) as { value: wire.FollowResponse };
  t.match(value, {
    node: 'n1',
    windowStartUnixMs: epoch + 2 * windowMs,
    windowEndUnixMs: epoch + 3 * windowMs,
    edges: [{ server: { workload: { name: 'redis-0' } }, port: 6379 }],
    skippedWindows: 0,
  });
  t.equal(value.edges.length, 1);
  stream.on('error', () => undefined);
  stream.cancel();
  while ((await metric('weir_followers'))[''] !== 0);
  agent.close();
});

t.test('a follower of something that is not there is told', async (t) => {
  const { connection } = await start(t, new TestCluster());
  const stream = connection.query.follow({ cluster: '', scope: { namespace: 'shopp', workload: null } });
  const [error] = (await once(stream, 'error')) as [{ details: string }];
  t.match(error.details, /No such namespace: shopp; there are none/);
});

t.test('a follower that reads too slowly misses the oldest windows and is told how many', async (t) => {
  const got: wire.FollowResponse[] = [];
  let takes = true;
  const sink = {
    write: (response: wire.FollowResponse) => {
      got.push(response);
      return takes;
    },
    end: () => undefined,
  };
  const followers = new Followers();
  const follower = new Follower(anyScope, sink, 3, (edges) => edges);
  followers.add(follower);
  takes = false;
  for (let sequence = 1; sequence <= 10; sequence++) followers.publish(plainSegment('n1', sequence, 1));
  t.equal(got.length, 1, 'the first went out and filled the pipe');
  takes = true;
  follower.ready();
  const sequences = got.map(({ windowStartUnixMs }) => (windowStartUnixMs - epoch) / windowMs);
  t.strictSame(sequences, [1, 8, 9, 10]);
  t.strictSame(
    got.map(({ skippedWindows }) => skippedWindows),
    [0, 6, 0, 0],
  );
  t.equal(followers.skippedWindows, 6);
});
