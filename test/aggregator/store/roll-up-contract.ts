import fc from 'fast-check';
import type { Test } from 'tap';
import { contributionOf, type Piece } from '../../../aggregator/graph/contribution.ts';
import { Fold } from '../../../aggregator/graph/fold.ts';
import { everywhere } from '../../../aggregator/graph/graph.ts';
import { laneKey } from '../../../aggregator/graph/lane.ts';
import type { Segment } from '../../../aggregator/graph/segment.ts';
import { readTiers, type Tier } from '../../../aggregator/graph/tiers.ts';
import type { RollUpPlan, Store } from '../../../aggregator/store/store.ts';
import { anySegment, firstStartUnixMs, oneOf, plainSegment, windowMs } from '../segments.ts';
import { allTime, commitOf, segmentsIn, type StoreUnderTest } from './under-test.ts';

function tiersOf(text: string): readonly Tier[] {
  const read = readTiers(text);
  if (read.type === 'problem') throw new Error(read.problem);
  return read.tiers;
}

const tiers = tiersOf('15s=1m,1m=5m,5m=1d');

function planAt(now: number, throughId: number, change: Partial<RollUpPlan> = {}): RollUpPlan {
  return { tiers, now, throughId, keepSightingsMs: 1e12, maxSightings: 1_000, ...change };
}

async function rollUp(store: Store, plan: RollUpPlan): Promise<number> {
  for (let steps = 0; ; steps++) if ((await store.rollUp('demo', plan)) !== 'moved') return steps;
}

function piecesOf(store: Store): Promise<Piece[]> {
  return store.view('demo', async (view) => {
    const pieces = [];
    for await (const piece of view.pieces({ type: 'overlapping', window: allTime })) pieces.push(piece);
    return pieces.toSorted((a, b) => a.startUnixMs - b.startUnixMs);
  });
}

/** All that is stored, added up. */
async function stored(store: Store): Promise<Fold> {
  const fold = Fold.of(1_000);
  for (const piece of await piecesOf(store)) fold.add(piece);
  for (const segment of await segmentsIn(store, 'demo', allTime)) fold.add(contributionOf(segment));
  return fold;
}

function plain(segments: readonly Segment[]): Fold {
  const fold = Fold.of(1_000);
  for (const segment of segments) fold.add(contributionOf(segment));
  return fold;
}

function figures(fold: Fold) {
  const nodes = ['n1', 'n2', 'n3'].map((node) => fold.nodeCoverage(node));
  return { edges: fold.edges(everywhere), coverage: fold.coverage([]), nodes };
}

/** What every driver does with what is due. */
export function rollUpContract(t: Test, make: () => StoreUnderTest | Promise<StoreUnderTest>, numRuns: number): void {
  t.test('segments become pieces of the finest tier through the given one, and these those of the next', async (t) => {
    const store = await (await make()).open();
    const at = Math.floor(firstStartUnixMs / 300_000) * 300_000;
    const segments = Array.from({ length: 24 }, (_, i) => {
      const window = { startUnixMs: at + i * 5_000, endUnixMs: at + (i + 1) * 5_000 };
      return { ...plainSegment('n1', i + 1, 1), window };
    });
    const results = await store.commit(segments.map((segment) => commitOf(segment)));
    const last = results.at(-1);
    const through = last?.type === 'committed' ? last.id : 0;
    await rollUp(store, planAt(at, through - 3));
    t.strictSame(
      (await piecesOf(store)).map(({ widthMs, startUnixMs }) => [widthMs, startUnixMs - at]),
      [0, 15, 30, 45, 60, 75, 90].map((seconds) => [15_000, seconds * 1_000]),
    );
    t.equal((await segmentsIn(store, 'demo', allTime)).length, 3);
    await store.view('demo', async (view) => {
      t.strictSame([view.rolledId, view.lastId], [through - 3, through]);
      t.equal(await view.splits(at + 15_000), false);
      t.equal(await view.splits(at + 15_001), true);
    });
    await rollUp(store, planAt(at + 120_000, through));
    t.strictSame(
      (await piecesOf(store)).map(({ widthMs, startUnixMs }) => [widthMs, startUnixMs - at]),
      [[60_000, 0], ...[60, 75, 90, 105].map((seconds) => [15_000, seconds * 1_000])],
    );
    await rollUp(store, planAt(at + 600_000, through));
    const [whole, ...others] = await piecesOf(store);
    t.match(whole, { widthMs: 300_000, startUnixMs: at, window: { startUnixMs: at, endUnixMs: at + 120_000 } });
    t.strictSame(others, []);
    t.strictSame(figures(await stored(store)), figures(plain(segments)));
    t.equal(await rollUp(store, planAt(at + 600_000, through)), 0, 'nothing is left to do');
    await store.close();
  });

  t.test('sums are the same whatever is rolled up when, what comes late, and when it is opened again', async (t) => {
    const action = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          type: fc.constant('commit'),
          node: fc.integer({ min: 1, max: 3 }),
          late: fc.constantFrom(0, 0, 0, 7, 50, 500),
          length: fc.constantFrom(1, 1, 1, 4, 100),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          type: fc.constant('roll-up'),
          behind: fc.nat(4),
          steps: fc.integer({ min: 1, max: 5 }),
        }),
      },
      { weight: 1, arbitrary: fc.record({ type: fc.constant('wait'), windows: fc.integer({ min: 1, max: 40 }) }) },
      { weight: 1, arbitrary: fc.record({ type: fc.constant('reopen') }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 30 }), fc.nat(), async (actions, seed) => {
        const under = await make();
        let store = await under.open();
        let [step, through] = [600, 0];
        const sequences = new Map<number, number>();
        const all: Segment[] = [];
        for (const [i, each] of actions.entries()) {
          if (each.type === 'wait' && 'windows' in each) step += each.windows;
          if (each.type === 'reopen') {
            await store.close();
            store = await under.open();
          }
          if (each.type === 'commit' && 'node' in each) {
            const sequence = (sequences.get(each.node) ?? 0) + 1;
            sequences.set(each.node, sequence);
            const startUnixMs = firstStartUnixMs + (step - each.late) * windowMs;
            const window = { startUnixMs, endUnixMs: startUnixMs + each.length * windowMs };
            const segment = { ...oneOf(anySegment(`n${each.node}`, sequence), seed + i), window };
            const [result] = await store.commit([commitOf(segment)]);
            if (result?.type !== 'committed') throw new Error(`${result?.type} in place of committed`);
            t.ok(result.id > through, 'ids rise');
            through = result.id;
            all.push(result.segment);
            step++;
          }
          if (each.type === 'roll-up' && 'steps' in each) {
            const plan = planAt(firstStartUnixMs + step * windowMs, through - each.behind);
            for (let left = each.steps; left > 0; left--) await store.rollUp('demo', plan);
          }
        }
        t.strictSame(figures(await stored(store)), figures(plain(all)));
        await rollUp(store, planAt(firstStartUnixMs + (step + 200) * windowMs, through));
        t.strictSame(figures(await stored(store)), figures(plain(all)));
        t.strictSame(await segmentsIn(store, 'demo', allTime), []);
        await store.close();
      }),
      { seed: 21, numRuns },
    );
  });

  t.test('what the last tier does not keep goes; when it was seen is known for longer, of so many', async (t) => {
    const under = await make();
    const store = await under.open();
    const dayMs = 86_400_000;
    const segments = [0, 1].map((day) => {
      const startUnixMs = firstStartUnixMs + day * dayMs;
      const base = oneOf(
        anySegment('n1', day + 1).filter(({ rows }) => rows.lanes.length > 4),
        3 + day,
      );
      return { ...base, window: { startUnixMs, endUnixMs: startUnixMs + windowMs } };
    });
    const [, last] = await store.commit(segments.map((segment) => commitOf(segment)));
    const through = last?.type === 'committed' ? last.id : 0;
    const secondDay = firstStartUnixMs + dayMs;
    await rollUp(store, planAt(secondDay + 600_000, through));
    t.strictSame(figures(await stored(store)), figures(plain(segments.slice(1))), 'the first day is gone');
    const remains = () =>
      store.view('demo', async (view) => {
        const seen = [];
        for await (const { rows } of view.remains()) {
          for (const [row, lane] of [...rows.lanes].entries())
            seen.push([laneKey(lane), rows.firstSeen[row], rows.lastSeen[row]]);
        }
        return seen.toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1));
      });
    const seenIn = ({ rows }: Segment) =>
      [...rows.lanes]
        .map((lane, row) => [laneKey(lane), rows.firstSeen[row], rows.lastSeen[row]] as const)
        .toSorted(([a], [b]) => (a < b ? -1 : 1));
    t.strictSame(await remains(), seenIn(segments[0] as Segment));
    await rollUp(store, planAt(secondDay + 2 * dayMs, through, { maxSightings: 3 }));
    t.equal((await remains()).length, 3, 'no more than are allowed');
    t.strictSame(figures(await stored(store)), figures(plain([])));
    await store.close();
  });

  t.test('a checkpoint comes back as it was kept, in place of the one before', async (t) => {
    const under = await make();
    const store = await under.open();
    const segments = [1, 2].map((sequence) =>
      oneOf(
        anySegment('n1', sequence).filter(({ rows }) => rows.lanes.length > 2),
        sequence,
      ),
    );
    await store.commit(segments.map((segment) => commitOf(segment)));
    const keep = (throughId: number, aheadIds: readonly number[], some: readonly Segment[]) =>
      store.keepCheckpoint('demo', {
        lengthMs: 3_600_000,
        fromUnixMs: firstStartUnixMs,
        throughId,
        aheadIds,
        parts: some.map(contributionOf),
      });
    const read = (from: Store) =>
      from.view('demo', async (view) => {
        const checkpoint = await view.checkpoint(3_600_000);
        if (checkpoint === null) return null;
        const fold = Fold.of(1_000);
        for await (const part of checkpoint.parts) fold.add(part);
        const { throughId, aheadIds, fromUnixMs } = checkpoint;
        return { throughId, aheadIds, fromUnixMs, ...figures(fold) };
      });
    t.equal(await read(store), null);
    await keep(1, [], segments.slice(0, 1));
    await keep(2, [4, 7], segments);
    const whole = { throughId: 2, aheadIds: [4, 7], fromUnixMs: firstStartUnixMs, ...figures(plain(segments)) };
    t.strictSame(await read(store), whole);
    await keep(1, [], segments.slice(0, 1));
    t.strictSame(await read(store), whole, 'an earlier one does not replace it');
    await store.close();
    const again = await under.open();
    t.strictSame(await read(again), whole);
    await again.close();
  });

  t.test('lanes and names that nothing refers to are removed, and are there again when they come again', async (t) => {
    const under = await make();
    const store = await under.open();
    const dayMs = 86_400_000;
    const segmentOn = (day: number, sequence: number) => {
      const startUnixMs = firstStartUnixMs + day * dayMs;
      const base = oneOf(
        anySegment('n1', sequence).filter(({ rows }) => rows.lanes.length > 4),
        day + 5,
      );
      return { ...base, losses: { [`stage-${day}`]: 1 }, window: { startUnixMs, endUnixMs: startUnixMs + windowMs } };
    };
    const commit = async (segment: Segment) => {
      const [result] = await store.commit([commitOf(segment)]);
      return result?.type === 'committed' ? result.id : 0;
    };
    const [first, second] = [segmentOn(0, 1), segmentOn(1, 2)];
    await commit(first);
    const through = await commit(second);
    t.equal(await store.pruneDictionary('demo'), 0, 'all of them are in segments');
    const plan = planAt(firstStartUnixMs + dayMs + 600_000, through, { keepSightingsMs: 1 });
    await rollUp(store, plan);
    const keys = ({ rows }: Segment) => new Set(Array.from(rows.lanes, laneKey));
    const gone = [...keys(first)].filter((key) => !keys(second).has(key));
    t.ok(gone.length > 0);
    t.equal(await store.pruneDictionary('demo'), gone.length);
    t.strictSame(figures(await stored(store)), figures(plain([second])), 'what is kept is still named');
    const third = { ...first, sequence: 3, window: second.window };
    await commit(third);
    t.strictSame(figures(await stored(store)), figures(plain([second, third])));
    await store.close();
    const again = await under.open();
    t.strictSame(figures(await stored(again)), figures(plain([second, third])));
    t.equal(await again.pruneDictionary('demo'), 0);
    await again.close();
  });
}
