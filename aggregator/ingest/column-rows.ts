import { mergeNames } from '../../core/edge.ts';
import { counterNames, type Drops } from '../../core/flow.ts';
import { type Column, isZero, type RowColumns, zeroColumn } from '../../proto/column-batch.ts';
import type { Lane } from '../graph/lane.ts';
import { LaneColumn } from '../graph/lane-column.ts';
import { noNames, numbersOf, type Rows, sumOfDrops } from '../graph/rows.ts';
import { type Places, placesOf } from './lane-places.ts';

const nothingDropped: ReadonlyMap<number, Drops> = new Map<number, Drops>();
const nobodyNamed: ReadonlyMap<number, readonly string[]> = new Map<number, readonly string[]>();

/** Adds up what comes to one place. */
function sumColumn(column: Column, { at, slots }: Places): Column {
  if (isZero(column)) return zeroColumn(slots.length);
  const sums = new Float64Array(slots.length);
  for (let i = 0; i < at.length; i++) {
    const row = at[i] as number;
    sums[row] = (sums[row] as number) + (column[i] as number);
  }
  return sums;
}

/** @param at null where each row stays what it is */
function dropsOf({ drops, dictionary }: RowColumns, at: Uint32Array | null): ReadonlyMap<number, Drops> {
  if (drops.rows.length === 0) return nothingDropped;
  const byRow = new Map<number, Drops>();
  for (let i = 0; i < drops.rows.length; i++) {
    const from = drops.rows[i] as number;
    const row = at === null ? from : (at[from] as number);
    const reason = dictionary.reasons[drops.reasons[i] as number] as string;
    byRow.set(row, sumOfDrops(byRow.get(row), { [reason]: drops.packets[i] as number }));
  }
  return byRow;
}

/** @param at null where each row stays what it is */
function namesOf({ edges, dictionary }: RowColumns, at: Uint32Array | null): ReadonlyMap<number, readonly string[]> {
  if (dictionary.names.length === 0) return nobodyNamed;
  const byRow = new Map<number, readonly string[]>();
  const { name: names, role } = dictionary.edges;
  for (let i = 0; i < edges.length; i++) {
    const edge = edges[i] as number;
    const name = names[edge] as number;
    // A server's far end is the client: its name is no name of the server.
    if (name === 0 || role[edge] !== 0) continue;
    const row = at === null ? i : (at[i] as number);
    byRow.set(row, mergeNames(byRow.get(row) ?? noNames, dictionary.nameAlone(name - 1)));
  }
  return byRow;
}

function evidenceOf({ edges, dictionary, coded }: RowColumns): Uint8Array {
  const { directionBy } = dictionary.edges;
  const evidence = coded?.memory.uint8(edges.length) ?? new Uint8Array(edges.length);
  for (let i = 0; i < edges.length; i++) evidence[i] = directionBy[edges[i] as number] as number;
  return evidence;
}

function strongest(evidence: Uint8Array, { at, slots }: Places): Uint8Array {
  const best = new Uint8Array(slots.length);
  for (let i = 0; i < at.length; i++) {
    const row = at[i] as number;
    best[row] = Math.max(best[row] as number, evidence[i] as number);
  }
  return best;
}

function widest({ firstSeenUnixMs, lastSeenUnixMs }: RowColumns, { at, slots }: Places) {
  const firstSeen = new Float64Array(slots.length).fill(Infinity);
  const lastSeen = new Float64Array(slots.length);
  for (let i = 0; i < at.length; i++) {
    const row = at[i] as number;
    firstSeen[row] = Math.min(firstSeen[row] as number, firstSeenUnixMs[i] as number);
    lastSeen[row] = Math.max(lastSeen[row] as number, lastSeenUnixMs[i] as number);
  }
  return { firstSeen, lastSeen };
}

/**
 * The rows of a batch: those of equal lanes add up, so that the replicas of a workload become one.
 * @param slots for each row the place of its lane in `lanes`, of which no two are equal
 */
export function rowsOfColumns(columns: RowColumns, slots: Uint32Array, lanes: readonly Lane[]): Rows {
  const places = placesOf(slots, lanes.length);
  const at = places?.at ?? null;
  const shared = { drops: dropsOf(columns, at), names: namesOf(columns, at) };
  const evidence = evidenceOf(columns);
  // Mostly each row has a lane of its own, and nothing has to be added up.
  if (places === null) {
    return {
      lanes: new LaneColumn(lanes, slots),
      ...numbersOf(columns),
      evidence,
      ...shared,
    };
  }
  return {
    lanes: new LaneColumn(lanes, places.slots),
    counters: counterNames.map((name) => sumColumn(columns.counters[name], places)),
    ...widest(columns, places),
    evidence: strongest(evidence, places),
    ...shared,
  };
}
