import { once } from 'node:events';
import t from 'tap';
import type { Edge } from '../../core/edge.ts';
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

const newTail = (maxWindows: number, maxRows = 1_000, idsAreGapless = false) =>
  new FollowTail({ maxWindows, maxRows, idsAreGapless, shown: (edges) => edges });
const newFollowers = (maxWindows: number, maxFollowers = 2) => new Followers(newTail(maxWindows), maxFollowers);

/** A window that is known, and all before it. */
function publish(followers: Followers, sequence: number): void {
  followers.tail.hold(plainSegment('n1', sequence, 1), sequence);
  followers.release(sequence);
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

const everyEdge = (edges: readonly Edge[]) => edges;

t.test('a follower that reads too slowly misses the oldest windows and is told how many', async (t) => {
  const followers = newFollowers(3);
  const caller = new Caller();
  const follower = new Follower(everyEdge, caller.sink, followers.tail, '');
  followers.add(follower);
  caller.takes = false;
  for (let sequence = 1; sequence <= 10; sequence++) publish(followers, sequence);
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
  const resumed = (token: string) => {
    const caller = new Caller();
    followers.flush(new Follower(everyEdge, caller.sink, followers.tail, token));
    return caller;
  };
  const first = new Caller();
  const follower = new Follower(everyEdge, first.sink, followers.tail, '');
  followers.add(follower);
  publish(followers, 1);
  followers.delete(follower);
  const token = first.got[0]?.resumeToken ?? '';
  publish(followers, 2);
  publish(followers, 3);
  t.strictSame(resumed(token).sequences, [2, 3]);
  t.equal(resumed(token).got[0]?.resumeLost, false);
  publish(followers, 4);
  publish(followers, 5);
  t.strictSame(resumed(token).sequences, [3, 4, 5]);
  t.strictSame(
    resumed(token).got.map(({ resumeLost }) => resumeLost),
    [true, false, false],
  );
  const restarted = new Caller();
  const another = newFollowers(3);
  publish(another, 6);
  another.flush(new Follower(everyEdge, restarted.sink, another.tail, token));
  t.match(restarted.got, [{ resumeLost: true }], 'what came before is not known');
  t.throws(() => resumed('yesterday'), { code: 'QUERY_INVALID', message: /resume token/ });
});

t.test('windows without an edge that matches are left out, but now and then one says how far it is', async (t) => {
  const followers = newFollowers(3);
  const caller = new Caller();
  followers.add(new Follower(() => [], caller.sink, followers.tail, ''));
  for (let sequence = 1; sequence <= 130; sequence++) publish(followers, sequence);
  t.strictSame(caller.sequences, [64, 128]);
  t.strictSame(
    caller.got.map(({ edges }) => edges),
    [[], []],
  );
});

t.test('windows go out in the order of their ids, and those that never became known are counted', async (t) => {
  const followers = new Followers(newTail(10, 1_000, true), 1);
  const caller = new Caller();
  followers.add(new Follower(everyEdge, caller.sink, followers.tail, ''));
  const hold = (...ids: number[]) => {
    for (const id of ids) followers.tail.hold(plainSegment('n1', id, 1), id);
  };
  hold(7, 5);
  followers.release(5);
  t.strictSame(caller.sequences, [5]);
  t.notOk(followers.tail.isAhead('5'));
  t.ok(followers.tail.isAhead('6'), 'it is still to come');
  hold(6, 5);
  followers.release(7);
  t.strictSame(caller.sequences, [5, 6, 7]);
  hold(12);
  followers.release(12);
  t.strictSame(
    caller.got.map(({ skippedWindows }) => skippedWindows),
    [0, 0, 0, 4],
  );
});

t.test('a bounded number of callers follows', async (t) => {
  const followers = newFollowers(3, 1);
  const add = () => followers.add(new Follower(everyEdge, new Caller().sink, followers.tail, ''));
  add();
  t.throws(add, { code: 'TOO_MANY', message: /1 callers follow/ });
});

t.test('what is kept for followers is bounded in rows too', async (t) => {
  const tail = newTail(100, 5);
  for (let sequence = 1; sequence <= 20; sequence++) {
    tail.hold(plainSegment('n1', sequence, 1), sequence);
    tail.release(sequence);
  }
  t.equal(tail.firstPlace, 16);
  t.equal(tail.window(15), undefined);
  t.equal(tail.window(20)?.edges.length, 1);
});
