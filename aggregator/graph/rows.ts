import type { Observation } from '../../core/edge.ts';
import {
  addDrops,
  type CounterName,
  counterNames,
  directionEvidence,
  type Drops,
  type MutableCounters,
  zeroCounters,
} from '../../core/flow.ts';
import { type Column, isZero, type Numbers, zeroColumn } from '../../proto/column-batch.ts';
import { LaneColumn } from './lane-column.ts';

/** How many counters a row has. */
export const width = counterNames.length;

/**
 * What was seen in one window, a row for each lane. Rows are kept as columns, which takes a fraction of the memory and
 * the time that an object for each row would:
 *
 *   lanes      [lane 0, lane 1, ...]
 *   counters   [[attempts 0, attempts 1, ...], [established 0, ...], ...]    in the order of counterNames
 *   firstSeen  [0, 1, ...]    Unix milliseconds
 *   lastSeen   [0, 1, ...]
 *   evidence   [0, 1, ...]    index into directionEvidence
 *   drops      row -> packets by reason, for the few rows that have any
 *   names      row -> names of the server, likewise
 */
export interface Rows {
  /** No two are equal. */
  readonly lanes: LaneColumn;
  readonly counters: readonly Column[];
  readonly firstSeen: Float64Array;
  readonly lastSeen: Float64Array;
  readonly evidence: Uint8Array;
  readonly drops: ReadonlyMap<number, Drops>;
  readonly names: ReadonlyMap<number, readonly string[]>;
}

/** The numbers of rows, as they are read. */
export function numbersOf(read: Numbers): Pick<Rows, 'counters' | 'firstSeen' | 'lastSeen'> {
  const { counters, firstSeenUnixMs: firstSeen, lastSeenUnixMs: lastSeen } = read;
  return { counters: counterNames.map((name) => counters[name]), firstSeen, lastSeen };
}

export const noDrops: Drops = {};
export const noNames: readonly string[] = [];

/** One row's numbers in the form that people and rules read. */
export function observationAt(rows: Rows, row: number): Observation {
  return {
    counters: countersAt(rows, row),
    drops: rows.drops.get(row) ?? noDrops,
    directionBy: directionEvidence[rows.evidence[row] as number] ?? 'ports',
    serverNames: rows.names.get(row) ?? noNames,
    firstSeenUnixMs: rows.firstSeen[row] as number,
    lastSeenUnixMs: rows.lastSeen[row] as number,
  };
}

function countersAt(rows: Rows, row: number): MutableCounters {
  const counters = zeroCounters();
  fillCounters(counters, rows, row);
  return counters;
}

/** Puts one row's counts in the place of others. */
export function fillCounters(counters: MutableCounters, { counters: columns }: Rows, row: number): void {
  for (let i = 0; i < width; i++) counters[counterNames[i] as CounterName] = columns[i]?.[row] ?? 0;
}

/** Columns of so many rows, all zero: shared, so not to be written to. */
export function zeroColumns(length: number): Column[] {
  return counterNames.map(() => zeroColumn(length));
}

/** Some rows of others, in that order. */
export function pickRows(rows: Rows, kept: readonly number[]): Rows {
  const { lanes, counters, firstSeen, lastSeen, evidence, drops, names } = rows;
  const some = <Value>(values: ReadonlyMap<number, Value>) =>
    new Map(kept.flatMap((row, to) => (values.has(row) ? [[to, values.get(row) as Value] as const] : [])));
  return {
    lanes: lanes.pick(kept),
    counters: counters.map((column) => (isZero(column) ? zeroColumn(kept.length) : pick(column, kept))),
    firstSeen: pick(firstSeen, kept),
    lastSeen: pick(lastSeen, kept),
    evidence: Uint8Array.from(kept, (row) => evidence[row] as number),
    drops: some(drops),
    names: some(names),
  };
}

/** Some values of others, in that order. */
export function pick(from: Float64Array, kept: ArrayLike<number>): Float64Array {
  const picked = new Float64Array(kept.length);
  for (let to = 0; to < picked.length; to++) picked[to] = from[kept[to] as number] as number;
  return picked;
}

/** For what counts windows and not what was seen in them. */
export const noRows: Rows = {
  lanes: LaneColumn.of([]),
  counters: zeroColumns(0),
  firstSeen: new Float64Array(),
  lastSeen: new Float64Array(),
  evidence: new Uint8Array(),
  drops: new Map(),
  names: new Map(),
};

export function sumOfDrops(a: Drops | undefined, b: Drops): Drops {
  if (a === undefined) return b;
  const sum = { ...a };
  addDrops(sum, b);
  return sum;
}
