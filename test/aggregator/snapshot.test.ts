import fc from 'fast-check';
import t from 'tap';
import { contributionOf } from '../../aggregator/graph/contribution.ts';
import { PartMemory } from '../../aggregator/graph/part-memory.ts';
import { laneKey } from '../../aggregator/graph/lane.ts';
import type { Segment } from '../../aggregator/graph/segment.ts';
import { snapshotOf } from '../../aggregator/graph/snapshot.ts';
import { Standing, type StandingSpan } from '../../aggregator/graph/standing.ts';
import { anySegment, firstStartUnixMs } from './segments.ts';

const hour = { lengthMs: 3_600_000, gridMs: 60_000 };
const day = { lengthMs: 86_400_000, gridMs: 3_600_000 };

/** Counts, drops and sightings of each lane in a span. @param meanwhile happens before they are read */
function heldIn(standing: Standing, { fold }: StandingSpan, meanwhile: () => void): string {
  const { parts, end } = snapshotOf(standing.index, fold, new PartMemory());
  meanwhile();
  const held: string[] = [];
  for (const { rows, sightings } of parts) {
    for (const [row, lane] of [...rows.lanes].entries()) {
      const counts = rows.counters.map((column) => column[row]);
      const drops = Object.entries(rows.drops.get(row) ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
      held.push(JSON.stringify([laneKey(lane), counts, drops, sightings?.[row]]));
    }
  }
  end();
  return held.toSorted().join('\n');
}

const segments = fc.tuple(...[1, 2, 3, 4].map((sequence) => anySegment('n1', sequence)));

t.test('a snapshot tells what was there when it was taken, whatever is added and leaves meanwhile', async (t) => {
  let rows = 0;
  fc.assert(
    fc.property(segments, segments, fc.nat(4), (first, later, leaving) => {
      const standing = new Standing([hour, day], 1_000, firstStartUnixMs + hour.lengthMs);
      const [shortest, longest] = standing.spans as [StandingSpan, StandingSpan];
      standing.divide();
      const add = (segment: Segment) => standing.add(contributionOf(segment), segment.window.startUnixMs);
      const leave = (segment: Segment) => standing.remove(shortest, contributionOf(segment));
      first.forEach(add);
      for (const span of [longest, shortest]) {
        const expected = heldIn(standing, span, () => undefined);
        const found = heldIn(standing, span, () => {
          later.forEach(add);
          if (span === longest) first.slice(0, leaving).forEach(leave);
        });
        if (found !== expected) throw new Error(`${found}\n\n${expected}`);
        rows += expected.split('\n').length;
      }
    }),
    { seed: 7, numRuns: 200 },
  );
  t.ok(rows > 2_000, `${rows} rows`);
});

t.test('what was read last does not stand in the way of what is read next', async (t) => {
  const standing = new Standing([day], 1_000, firstStartUnixMs);
  standing.divide();
  const [segment] = fc.sample(anySegment('n1', 1), { seed: 3, numRuns: 1 }) as [Segment];
  const add = () => standing.add(contributionOf(segment), segment.window.startUnixMs);
  const held = () => heldIn(standing, standing.longest, add);
  t.equal(held(), '', 'nothing was there');
  const once = held();
  t.not(once, '');
  t.not(held(), once, 'now it is there twice');
});
