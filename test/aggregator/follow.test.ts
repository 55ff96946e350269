import { once } from 'node:events';
import t from 'tap';
import { FollowTail } from '../../aggregator/query/follow-tail.ts';
import { Follower, Followers } from '../../aggregator/query/followers.ts';
import type * as wire from '../../proto/wire.ts';
import { podYaml } from './cluster-fixture.ts';
import { batchOf, call, epoch, Pusher, windowMs } from './pusher.ts';
import { start, TestCluster } from './running.ts';
import { plainSegment } from './segments.ts';

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

function newFollowers(maxWindows: number, maxFollowers = 2) {
  const tail = new FollowTail({ maxWindows, maxRows: 1_000, shown: (edges) => edges });
  return new Followers(tail, maxFollowers);
}

/** A caller that takes as many windows as it is told to. */
class Caller {
  readonly got: wire.FollowResponse[] = [];
  readonly sink = {
    write: (response: wire.FollowResponse) => {
      this.got.push(response);
      return this.takes;
    },
    fail: () => undefined,
  };
  takes = true;

  get sequences(): readonly number[] {
    return this.got.map(({ windowStartUnixMs }) => (windowStartUnixMs - epoch) / windowMs);
  }
}

const everyEdge = () => true;

t.test('a follower that reads too slowly misses the oldest windows and is told how many', async (t) => {
  const followers = newFollowers(3);
  const caller = new Caller();
  const follower = new Follower(everyEdge, caller.sink, followers.tail, '');
  followers.add(follower);
  caller.takes = false;
  for (let sequence = 1; sequence <= 10; sequence++) followers.publish(plainSegment('n1', sequence, 1), sequence);
  t.equal(caller.got.length, 1, 'the first went out and filled the pipe');
  caller.takes = true;
  followers.flush(follower, true);
  t.strictSame(caller.sequences, [1, 8, 9, 10]);
  t.strictSame(
    caller.got.map(({ skippedWindows }) => skippedWindows),
    [0, 6, 0, 0],
  );
  t.equal(followers.skippedWindows, 6);
});

t.test('who comes back gets what came meanwhile, or is told that some of it is gone', async (t) => {
  const followers = newFollowers(3);
  const publish = (sequence: number) => followers.publish(plainSegment('n1', sequence, 1), sequence);
  const resumed = (token: string) => {
    const caller = new Caller();
    followers.flush(new Follower(everyEdge, caller.sink, followers.tail, token));
    return caller;
  };
  const first = new Caller();
  const follower = new Follower(everyEdge, first.sink, followers.tail, '');
  followers.add(follower);
  publish(1);
  followers.delete(follower);
  const token = first.got[0]?.resumeToken ?? '';
  publish(2);
  publish(3);
  t.strictSame(resumed(token).sequences, [2, 3]);
  t.equal(resumed(token).got[0]?.resumeLost, false);
  publish(4);
  publish(5);
  t.strictSame(resumed(token).sequences, [3, 4, 5]);
  t.strictSame(
    resumed(token).got.map(({ resumeLost }) => resumeLost),
    [true, false, false],
  );
  const restarted = new Caller();
  const another = newFollowers(3);
  another.publish(plainSegment('n1', 6, 1), 6);
  another.flush(new Follower(everyEdge, restarted.sink, another.tail, token));
  t.match(restarted.got, [{ resumeLost: true }], 'what came before is not known');
  t.throws(() => resumed('yesterday'), { code: 'QUERY_INVALID', message: /resume token/ });
});

t.test('windows without an edge that matches are left out, but now and then one says how far it is', async (t) => {
  const followers = newFollowers(3);
  const caller = new Caller();
  followers.add(new Follower(() => false, caller.sink, followers.tail, ''));
  for (let sequence = 1; sequence <= 130; sequence++) followers.publish(plainSegment('n1', sequence, 1), sequence);
  t.strictSame(caller.sequences, [64, 128]);
  t.strictSame(
    caller.got.map(({ edges }) => edges),
    [[], []],
  );
});

t.test('a bounded number of callers follows', async (t) => {
  const followers = newFollowers(3, 1);
  const add = () => followers.add(new Follower(everyEdge, new Caller().sink, followers.tail, ''));
  add();
  t.throws(add, { code: 'TOO_MANY', message: /1 callers follow/ });
});

t.test('what is kept for followers is bounded in rows too', async (t) => {
  const tail = new FollowTail({ maxWindows: 100, maxRows: 5, shown: (edges) => edges });
  for (let sequence = 1; sequence <= 20; sequence++) tail.add(plainSegment('n1', sequence, 1), sequence);
  t.equal(tail.firstPlace, 16);
  t.equal(tail.window(15), undefined);
  t.equal(tail.window(20)?.edges.length, 1);
});
