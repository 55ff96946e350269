import { counterNames } from '../../core/flow.ts';
import type { Window } from '../../core/time.ts';
import { type Column, zeroColumn } from '../../proto/column-batch.ts';
import type { Contribution } from './contribution.ts';
import type { CopyMemory } from './copy-memory.ts';
import type { Lane } from './lane.ts';
import { LaneColumn } from './lane-column.ts';
import type { LaneIndex } from './lane-index.ts';
import { pick, width } from './rows.ts';
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
  const { sightings, counts, drops } = fold.sums.copy(copy.lanes.length, memory);
  // Slots that are free are not among those that are asked for.
  const lanes = LaneColumn.of(copy.lanes as readonly Lane[]);
  const slots = slotsIn(sightings);
  const [dropsOf, namesOf] = [dealt(drops, slots), dealt(copy.names, slots)];
  return {
    *[Symbol.iterator]() {
      for (let part = 0; part === 0 || part * partRows < slots.length; part++) {
        const own = slots.subarray(part * partRows, (part + 1) * partRows);
        const rows = {
          lanes: lanes.pick(own),
          counters: counterNames.map((_, counter) => columnOf(counts, counter, own)),
          firstSeen: pick(copy.firstSeen, own),
          lastSeen: pick(copy.lastSeen, own),
          evidence: Uint8Array.from(own.map((slot) => copy.evidence[slot] as number)),
          drops: dropsOf[part] ?? new Map(),
          names: namesOf[part] ?? new Map(),
        };
        yield { window, watched: part === 0 ? watched : new Map(), sightings: pick(sightings, own), rows };
      }
    },
  };
}

/** Those of which anything was seen. */
function slotsIn(sightings: Float64Array): Uint32Array {
  const slots = new Uint32Array(sightings.length);
  let length = 0;
  for (let slot = 0; slot < sightings.length; slot++) if ((sightings[slot] as number) > 0) slots[length++] = slot;
  return slots.subarray(0, length);
}

/** What is known of some slots, dealt out to the parts that the slots are in, by row. */
function dealt<Value>(bySlot: ReadonlyMap<number, Value>, slots: Uint32Array): ReadonlyMap<number, Value>[] {
  const parts = Array.from({ length: Math.ceil(slots.length / partRows) }, () => new Map<number, Value>());
  const known = [...bySlot.keys()].toSorted((a, b) => a - b);
  let at = 0;
  for (const slot of known) {
    while (at < slots.length && (slots[at] as number) < slot) at++;
    if (slots[at] === slot) parts[Math.floor(at / partRows)]?.set(at % partRows, bySlot.get(slot) as Value);
  }
  return parts;
}

/** A counter of some slots. */
function columnOf(counts: Float64Array, counter: number, slots: Uint32Array): Column {
  const column = new Float64Array(slots.length);
  let used = false;
  for (let row = 0; row < column.length; row++) {
    const count = counts[(slots[row] as number) * width + counter] as number;
    column[row] = count;
    used ||= count !== 0;
  }
  return used ? column : zeroColumn(column.length);
}
