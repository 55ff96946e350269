import { counterNames } from '../../core/flow.ts';
import type { Window } from '../../core/time.ts';
import { type Column, zeroColumn } from '../../proto/column-batch.ts';
import type { Contribution } from './contribution.ts';
import type { CopyMemory } from './copy-memory.ts';
import type { Lane } from './lane.ts';
import { LaneColumn } from './lane-column.ts';
import type { LaneIndex } from './lane-index.ts';
import { pick, pickRows, width } from './rows.ts';
import type { Fold } from './fold.ts';

/** How many rows a part has: bounds how long it takes to make one. */
const partRows = 16_384;

/**
 * The sums of a span as they are now, in parts that add up to them. They are copied at once and cut as they are asked for.
 * @param memory that the copy lies in, until all parts were asked for
 */
export function snapshotOf(index: LaneIndex, fold: Fold, memory: CopyMemory): Iterable<Contribution> {
  const window: Window = fold.window ?? { startUnixMs: 0, endUnixMs: 0 };
  const watched = fold.watched.entries();
  const copy = index.copy(memory);
  const sums = fold.sums.copy(copy.lanes.length, memory);
  // Slots that are free are not among those that are asked for.
  const lanes = LaneColumn.of(copy.lanes as readonly Lane[]);
  const slots = Uint32Array.from(sums.sightings.keys()).filter((slot) => (sums.sightings[slot] as number) > 0);
  return {
    *[Symbol.iterator]() {
      for (let from = 0; from === 0 || from < slots.length; from += partRows) {
        const part = Array.from(slots.subarray(from, from + partRows));
        const known = { ...copy, lanes, counters: [], drops: sums.drops };
        const counters = counterNames.map((_, counter) => columnOf(sums.counts, counter, part));
        yield {
          window,
          watched: from === 0 ? watched : new Map(),
          sightings: pick(sums.sightings, part),
          rows: { ...pickRows(known, part), counters },
        };
      }
    },
  };
}

/** A counter of some slots. */
function columnOf(counts: Float64Array, counter: number, slots: readonly number[]): Column {
  const column = new Float64Array(slots.length);
  let used = false;
  for (let row = 0; row < column.length; row++) {
    const count = counts[(slots[row] as number) * width + counter] as number;
    column[row] = count;
    used ||= count !== 0;
  }
  return used ? column : zeroColumn(column.length);
}
