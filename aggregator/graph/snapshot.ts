import { counterNames } from '../../core/flow.ts';
import type { Window } from '../../core/time.ts';
import { type Column, zeroColumn } from '../../proto/column-batch.ts';
import type { Contribution } from './contribution.ts';
import type { PartMemory } from './part-memory.ts';
import type { Fold } from './fold.ts';
import type { Lane } from './lane.ts';
import { LaneColumn } from './lane-column.ts';
import type { LaneIndex } from './lane-index.ts';
import { type Rows, width } from './rows.ts';

/** How many rows a part has: bounds how long it takes to make one. */
const partRows = 16_384;

/** The sums of a span as they were at one moment, to be read while others are added. */
export interface Snapshot {
  /** Add up to the sums. Each is good until the next one is asked for. */
  readonly parts: Iterable<Contribution>;
  /** To be called when no more parts are asked for. */
  readonly end: () => void;
}

/**
 * The sums of a span as they are now. No slot may be released before its end, and there may be one snapshot at a time.
 * What the index tells of a lane may be of later: it only ever widens, and comes again with what was seen later.
 * @param memory that the parts lie in
 */
export function snapshotOf(index: LaneIndex, fold: Fold, memory: PartMemory): Snapshot {
  const { sums } = fold;
  const window: Window = fold.window ?? { startUnixMs: 0, endUnixMs: 0 };
  const watched = fold.watched.entries();
  const slots = sums.slots();
  sums.remember(memory);
  return {
    parts: {
      *[Symbol.iterator]() {
        for (let part = 0; part === 0 || part * partRows < slots.length; part++) {
          const own = slots.subarray(part * partRows, (part + 1) * partRows);
          const counts = memory.float64('counts', own.length * width);
          const sightings = memory.float64('sightings', own.length);
          sums.readRemembered(own, counts, sightings);
          const texts = { drops: sums.rememberedDrops(own), names: namesAt(index, own) };
          const rows = { ...numbersAt(index, own, counts, memory), ...texts };
          yield { window, watched: part === 0 ? watched : new Map(), sightings, rows };
        }
      },
    },
    end: () => sums.forget(),
  };
}

function numbersAt(
  index: LaneIndex,
  slots: Uint32Array,
  counts: Float64Array,
  memory: PartMemory,
): Omit<Rows, 'drops' | 'names'> {
  const [firstSeen, lastSeen] = [memory.float64('first', slots.length), memory.float64('last', slots.length)];
  const evidence = new Uint8Array(slots.length);
  const lanes: Lane[] = [];
  for (let row = 0; row < slots.length; row++) {
    const slot = slots[row] as number;
    firstSeen[row] = index.firstSeenAt(slot);
    lastSeen[row] = index.lastSeenAt(slot);
    evidence[row] = index.evidenceAt(slot);
    lanes.push(index.laneAt(slot) as Lane);
  }
  const counters = counterNames.map((name, counter) => columnOf(counts, counter, memory.float64(name, slots.length)));
  return { lanes: LaneColumn.of(lanes), counters, firstSeen, lastSeen, evidence };
}

/** A counter of all rows. */
function columnOf(counts: Float64Array, counter: number, column: Float64Array): Column {
  let used = false;
  for (let row = 0; row < column.length; row++) {
    const count = counts[row * width + counter] as number;
    column[row] = count;
    used ||= count !== 0;
  }
  return used ? column : zeroColumn(column.length);
}

function namesAt(index: LaneIndex, slots: Uint32Array): Rows['names'] {
  const names = new Map<number, readonly string[]>();
  for (let row = 0; row < slots.length; row++) {
    const named = index.namesAt(slots[row] as number);
    if (named.length > 0) names.set(row, named);
  }
  return names;
}
