import fc from 'fast-check';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { pino } from 'pino';
import t from 'tap';
import { contributionOf } from '../../aggregator/graph/contribution.ts';
import { Fold } from '../../aggregator/graph/fold.ts';
import { everywhere } from '../../aggregator/graph/graph.ts';
import { Live } from '../../aggregator/graph/live.ts';
import type { Segment } from '../../aggregator/graph/segment.ts';
import type { StandingSpan } from '../../aggregator/graph/standing.ts';
import { readTiers } from '../../aggregator/graph/tiers.ts';
import { Upkeep } from '../../aggregator/graph/upkeep.ts';
import { SqliteStore } from '../../aggregator/store/sqlite.ts';
import type { Milliseconds } from '../../core/time.ts';
import { newFolder } from './running.ts';
import { anySegment, firstStartUnixMs, oneOf } from './segments.ts';

const minuteMs = 60_000;
const read = readTiers('15s=10m,1m=1h,10m=4h,1h=30h');
const tiers = read.type === 'tiers' ? read.tiers : [];
const log = pino({ level: 'silent' });

/** An aggregator's memory and its store, with a clock that the test moves. */
class Aggregator {
  now = firstStartUnixMs + 40 * 3_600_000;
  readonly committed: Segment[] = [];
  readonly #path: string;
  readonly #sequences = new Map<string, number>();
  #store: SqliteStore;
  #parts: { readonly live: Live; readonly upkeep: Upkeep } | null = null;

  constructor(folder: string) {
    this.#path = join(folder, 'weir.db');
    this.#store = this.#openStore();
  }

  #openStore(): SqliteStore {
    return new SqliteStore({ path: this.#path, synchronous: 'NORMAL', maxCached: 1_000 });
  }

  async parts() {
    if (this.#parts !== null) return this.#parts;
    const clock = { now: () => this.now };
    const shared = { cluster: 'demo', store: this.#store, tiers, clock, log };
    const live = await Live.open({ ...shared, maxEdges: 10_000, onAdded: () => undefined });
    const upkeep = new Upkeep({ ...shared, live, tailMs: 2 * minuteMs, keepSightingsMs: 1e12, maxSightings: 100 });
    return (this.#parts = { live, upkeep });
  }

  async commit(node: string, seed: number, ageMs: Milliseconds, lengthMs: Milliseconds): Promise<void> {
    const { live } = await this.parts();
    const sequence = (this.#sequences.get(node) ?? 0) + 1;
    this.#sequences.set(node, sequence);
    const startUnixMs = this.now - ageMs;
    const window = { startUnixMs, endUnixMs: startUnixMs + lengthMs };
    const segment = { ...oneOf(anySegment(node, sequence), seed), window };
    const [result] = await this.#store.commit([
      { segment, firstSequence: sequence, oldestSequence: 1, forgotten: null },
    ]);
    if (result?.type !== 'committed') throw new Error(`${result?.type} in place of committed`);
    this.committed.push(segment);
    live.add(segment, result.id);
  }

  /** As after a crash: nothing is written at the end. */
  async restart(): Promise<void> {
    await this.#store.close();
    this.#parts = null;
    this.#store = this.#openStore();
  }

  async close(): Promise<void> {
    await this.#store.close();
  }
}

async function commitLate(aggregator: Aggregator, seed: number): Promise<void> {
  for (const [n, ageMs] of [15_000, 62 * minuteMs, 66 * minuteMs, 70 * minuteMs, 75 * minuteMs].entries()) {
    await nextTurn();
    await aggregator.commit(n === 0 ? 'n1' : 'n2', seed + n, ageMs, 5_000);
  }
}

/** Of edges in a span all but the sightings, which are those of all time. */
function figures(fold: Fold) {
  const edges = fold.edges(everywhere).map(({ client, server, protocol, port, services, merged, verdict }) => ({
    edge: { client, server, protocol, port, services, verdict },
    counters: merged.counters,
    drops: merged.drops,
  }));
  const { span: _, ...coverage } = fold.coverage([]);
  return { edges, coverage, nodes: ['n1', 'n2'].map((node) => fold.nodeCoverage(node)) };
}

function expected(segments: readonly Segment[], { fromUnixMs }: StandingSpan): Fold {
  const fold = Fold.of(10_000);
  for (const segment of segments) {
    if (segment.window.startUnixMs >= fromUnixMs) fold.add(contributionOf(segment));
  }
  return fold;
}

const action = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('commit' as const),
      node: fc.constantFrom('n1', 'n2'),
      ageMs: fc.constantFrom(15_000, 15_000, 20_000, 5 * minuteMs, 59 * minuteMs, 61 * minuteMs, 600 * minuteMs),
      lengthMs: fc.constantFrom(5_000, 15_000, 10 * minuteMs),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('upkeep' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('wait' as const),
      ms: fc.constantFrom(15_000, minuteMs, 7 * minuteMs, 63 * minuteMs, 700 * minuteMs),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('checkpoint' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('restart' as const) }) },
  /** While the sums are relieved and what is stored is moved, commits go on. */
  { weight: 1, arbitrary: fc.record({ type: fc.constant('all at once' as const) }) },
);

t.test('what stands ready is always the sum of what was committed and began in its span', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 10, maxLength: 40 }), fc.nat(1e6), async (actions, seed) => {
      const aggregator = new Aggregator(newFolder(t));
      for (const [i, each] of actions.entries()) {
        const { live, upkeep } = await aggregator.parts();
        switch (each.type) {
          case 'commit':
            await aggregator.commit(each.node, seed + i, each.ageMs, each.lengthMs);
            break;
          case 'upkeep':
            await upkeep.run();
            break;
          case 'wait':
            aggregator.now += each.ms;
            break;
          case 'checkpoint':
            await upkeep.checkpoint();
            break;
          case 'restart':
            await aggregator.restart();
            break;
          case 'all at once':
            // Some of what comes late has just left a span, while that is being read.
            aggregator.now += 11 * minuteMs;
            await Promise.all([upkeep.run(), live.relieve(), commitLate(aggregator, seed + i)]);
        }
        for (const span of (await aggregator.parts()).live.standing.spans) {
          t.strictSame(figures(span.fold), figures(expected(aggregator.committed, span)));
        }
      }
      // Lanes that are in no span any more are forgotten.
      const { live } = await aggregator.parts();
      t.equal(live.standing.index.size, expected(aggregator.committed, live.standing.longest).edges(everywhere).length);
      await aggregator.close();
    }),
    { seed: 41, numRuns: 30 },
  );
});

t.test('what comes late while its time is being taken out of a span is taken out too', async (t) => {
  const aggregator = new Aggregator(newFolder(t));
  const { live, upkeep } = await aggregator.parts();
  const hour = live.standing.spans[0] as StandingSpan;
  const ageOf = (minutes: number) => aggregator.now - hour.fromUnixMs - minutes * minuteMs;
  for (let minute = 0; minute < 10; minute++) await aggregator.commit('n1', minute, ageOf(minute), 5_000);
  await upkeep.run();
  aggregator.now += 3 * minuteMs;
  await upkeep.run();
  aggregator.now += 8 * minuteMs;
  const before = hour.fromUnixMs;
  const relieving = live.relieve();
  let late = 0;
  for (; hour.fromUnixMs === before && late < 50; late++) {
    await nextTurn();
    await aggregator.commit('n2', late, aggregator.now - before - 5 * minuteMs, 5_000);
  }
  await relieving;
  t.ok(hour.fromUnixMs > before && late > 1, `${late} came meanwhile`);
  for (const span of live.standing.spans) {
    t.strictSame(figures(span.fold), figures(expected(aggregator.committed, span)));
  }
  await aggregator.close();
});
