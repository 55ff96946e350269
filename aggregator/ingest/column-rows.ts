import { mergeNames } from '../../core/edge.ts';
import { counterNames, type Drops } from '../../core/flow.ts';
import { type Column, isZero, type RowColumns, zeroColumn } from '../../proto/column-batch.ts';
import type { Lane } from '../graph/lane.ts';
import { noNames, type Rows, sumOfDrops } from '../graph/rows.ts';

/** By slot: the row, plus 1, while rows are put together; all zero otherwise. */
let rowOfSlot = new Uint32Array(1024);

interface Placed {
  readonly lanes: Lane[];
  /** By row of the columns: the row that it is part of. */
  readonly places: Uint32Array;
}

/** Gives each lane a row, in the order in which they come. */
function place(slots: Uint32Array, lanes: readonly Lane[]): Placed {
  if (lanes.length > rowOfSlot.length) rowOfSlot = new Uint32Array(2 * lanes.length);
  const places = new Uint32Array(slots.length);
  const placed: Lane[] = [];
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i] as number;
    if (rowOfSlot[slot] === 0) rowOfSlot[slot] = placed.push(lanes[slot] as Lane);
    places[i] = (rowOfSlot[slot] as number) - 1;
  }
  for (let i = 0; i < slots.length; i++) rowOfSlot[slots[i] as number] = 0;
  return { lanes: placed, places };
}

/** Adds up what comes to one place. */
function sumColumn(column: Column, { lanes, places }: Placed): Column {
  if (isZero(column)) return zeroColumn(lanes.length);
  const sums = new Float64Array(lanes.length);
  for (let i = 0; i < places.length; i++) {
    const row = places[i] as number;
    sums[row] = (sums[row] as number) + (column[i] as number);
  }
  return sums;
}

function dropsOf({ drops, dictionary }: RowColumns, places: Uint32Array): ReadonlyMap<number, Drops> {
  const byRow = new Map<number, Drops>();
  for (let i = 0; i < drops.rows.length; i++) {
    const row = places[drops.rows[i] as number] as number;
    const reason = dictionary.reasons[drops.reasons[i] as number] as string;
    byRow.set(row, sumOfDrops(byRow.get(row), { [reason]: drops.packets[i] as number }));
  }
  return byRow;
}

function namesOf({ edges, dictionary }: RowColumns, places: Uint32Array): ReadonlyMap<number, readonly string[]> {
  const byRow = new Map<number, readonly string[]>();
  const { name: names, role } = dictionary.edges;
  for (let i = 0; i < edges.length; i++) {
    const edge = edges[i] as number;
    const name = names[edge] as number;
    // A server's far end is the client: its name is no name of the server.
    if (name === 0 || role[edge] !== 0) continue;
    const row = places[i] as number;
    byRow.set(row, mergeNames(byRow.get(row) ?? noNames, [dictionary.names[name - 1] as string]));
  }
  return byRow;
}

function evidenceOf({ edges, dictionary }: RowColumns, { lanes, places }: Placed): Uint8Array {
  const evidence = new Uint8Array(lanes.length);
  const { directionBy } = dictionary.edges;
  for (let i = 0; i < places.length; i++) {
    const row = places[i] as number;
    evidence[row] = Math.max(evidence[row] as number, directionBy[edges[i] as number] as number);
  }
  return evidence;
}

function timesOf({ firstSeenUnixMs, lastSeenUnixMs }: RowColumns, { lanes, places }: Placed) {
  const firstSeen = new Float64Array(lanes.length).fill(Infinity);
  const lastSeen = new Float64Array(lanes.length);
  for (let i = 0; i < places.length; i++) {
    const row = places[i] as number;
    firstSeen[row] = Math.min(firstSeen[row] as number, firstSeenUnixMs[i] as number);
    lastSeen[row] = Math.max(lastSeen[row] as number, lastSeenUnixMs[i] as number);
  }
  return { firstSeen, lastSeen };
}

/**
 * The rows of a batch: those of equal lanes add up, so that the replicas of a workload become one.
 * @param slots for each row the place of its lane in `lanes`, of which no two are equal
 */
export function rowsOfColumns(columns: RowColumns, slots: Uint32Array, lanesBySlot: readonly Lane[]): Rows {
  const placed = place(slots, lanesBySlot);
  const { lanes, places } = placed;
  // Mostly each row has a lane of its own, and nothing has to be added up.
  const isApart = lanes.length === slots.length;
  const { firstSeenUnixMs: firstSeen, lastSeenUnixMs: lastSeen } = columns;
  return {
    lanes,
    counters: counterNames.map((name) =>
      isApart ? columns.counters[name] : sumColumn(columns.counters[name], placed),
    ),
    ...(isApart ? { firstSeen, lastSeen } : timesOf(columns, placed)),
    evidence: evidenceOf(columns, placed),
    drops: dropsOf(columns, places),
    names: namesOf(columns, places),
  };
}
