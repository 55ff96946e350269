import { pino } from 'pino';
import t from 'tap';
import { everywhere } from '../../aggregator/graph/graph.ts';
import { PartMemory } from '../../aggregator/graph/part-memory.ts';
import { Live } from '../../aggregator/graph/live.ts';
import type { Segment } from '../../aggregator/graph/segment.ts';
import { PostgresStore } from '../../aggregator/store/postgres.ts';
import type { StoreView } from '../../aggregator/store/store.ts';
import { PostgresServer } from '../../lab/programs/postgres-server.ts';
import { plainSegment } from './segments.ts';

const log = pino({ level: 'silent' });
const tiers = [{ widthMs: 15_000, keepMs: 100 * 365 * 86_400_000 }];

// A server takes seconds to start on a busy machine.
t.setTimeout(90_000);

/** A store of which only checkpoints and segments can be read: who asks for pieces has found no checkpoint. */
function withoutPieces(store: PostgresStore): PostgresStore {
  const view = store.view.bind(store);
  const pieces = () => {
    throw new Error('all pieces were asked for');
  };
  store.view = <Result>(cluster: string, read: (view: StoreView) => Promise<Result>) =>
    view(cluster, (each) => read(Object.defineProperty(each, 'pieces', { value: pieces })));
  return store;
}

t.test('a checkpoint says which segments are in it while others are still to come from another', async (t) => {
  const server = await PostgresServer.start((remove) => t.teardown(remove));
  const options = { url: server.newDatabase(), passwordFile: null, maxCached: 1_000, log };
  const store = await PostgresStore.open(options);
  const only = withoutPieces(await PostgresStore.open(options));
  t.teardown(() => Promise.all([store.close(), only.close()]));
  const clock = { now: () => Date.now() };
  const open = (from: PostgresStore) =>
    Live.open({ cluster: 'demo', store: from, tiers, maxEdges: 1_000, clock, log, onAdded: () => undefined });
  const commit = async (segment: Segment) => {
    const [result] = await store.commit([
      { segment, firstSequence: segment.sequence, oldestSequence: 1, forgotten: null },
    ]);
    if (result?.type !== 'committed') throw new Error(`${result?.type} in place of committed`);
    return result.id;
  };
  await t.rejects(open(only), { message: /all pieces/ }, 'there is no checkpoint yet');
  const live = await open(store);
  const segments = ['n1', 'n2', 'n3', 'n4'].map((node) => plainSegment(node, 1, 1));
  const [others, own, both, late] = segments as [Segment, Segment, Segment, Segment];
  await commit(others);
  live.add(own, await commit(own));
  await commit(both);
  const memory = new PartMemory();
  for (const span of live.standing.spans) {
    await live.lendCheckpoint(span, memory, async (checkpoint) => {
      t.match(checkpoint, { throughId: 0, aheadIds: [2] });
      await store.keepCheckpoint('demo', checkpoint);
    });
  }
  await commit(late);
  const again = await open(only);
  t.equal(again.throughId, 4);
  const windows = segments.map(({ node }) => again.standing.longest.fold.nodeCoverage(node).windows);
  t.strictSame(windows, [1, 1, 1, 1], 'each is in it once');
  const [edge] = again.standing.longest.fold.edges(everywhere);
  t.match(edge?.merged.counters, { established: 4 });
});
