import type { Observation } from '../../core/edge.ts';
import {
  addDrops,
  counterNames,
  directionEvidence,
  type Drops,
  type MutableCounters,
  zeroCounters,
} from '../../core/flow.ts';
import type { Lane } from './lane.ts';

/** How many counters a row has. */
export const width = counterNames.length;

/**
 * What was seen in one window, a row for each lane. Rows are kept as columns, which takes a fraction of the memory and
 * the time that an object for each row would:
 *
 *   lanes      [lane 0, lane 1, ...]
 *   counts     [attempts 0, established 0, ..., rttSamples 0, attempts 1, ...]    `width` numbers a row
 *   firstSeen  [0, 1, ...]    Unix milliseconds
 *   lastSeen   [0, 1, ...]
 *   evidence   [0, 1, ...]    index into directionEvidence
 *   drops      row -> packets by reason, for the few rows that have any
 *   names      row -> names of the server, likewise
 */
export interface Rows {
  /** No two are equal. */
  readonly lanes: readonly Lane[];
  readonly counts: Float64Array;
  readonly firstSeen: Float64Array;
  readonly lastSeen: Float64Array;
  readonly evidence: Uint8Array;
  readonly drops: ReadonlyMap<number, Drops>;
  readonly names: ReadonlyMap<number, readonly string[]>;
}

export const noDrops: Drops = {};
export const noNames: readonly string[] = [];

/** One row's numbers in the form that people and rules read. */
export function observationAt(rows: Rows, row: number): Observation {
  return {
    counters: countersAt(rows.counts, row * width),
    drops: rows.drops.get(row) ?? noDrops,
    directionBy: directionEvidence[rows.evidence[row] as number] ?? 'ports',
    serverNames: rows.names.get(row) ?? noNames,
    firstSeenUnixMs: rows.firstSeen[row] as number,
    lastSeenUnixMs: rows.lastSeen[row] as number,
  };
}

/** The counters whose first is at that place. */
export function countersAt(counts: Float64Array, at: number): MutableCounters {
  const counters = zeroCounters();
  for (let i = 0; i < width; i++) counters[counterNames[i] as keyof MutableCounters] = counts[at + i] as number;
  return counters;
}

/** For what counts windows and not what was seen in them. */
export const noRows: Rows = {
  lanes: [],
  counts: new Float64Array(),
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
