import { mergeNames, type Observation } from '../../core/edge.ts';
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

/** Puts rows together: those of equal lanes add up, so that the replicas of a workload become one. */
export class RowsBuilder {
  readonly #rowOf = new Map<string, number>();
  readonly #lanes: Lane[] = [];
  readonly #drops = new Map<number, Drops>();
  readonly #names = new Map<number, readonly string[]>();
  #counts = new Float64Array(16 * width);
  #firstSeen = new Float64Array(16);
  #lastSeen = new Float64Array(16);
  #evidence = new Uint8Array(16);

  add(lane: Lane, { counters, drops, directionBy, serverNames, firstSeenUnixMs, lastSeenUnixMs }: Observation): void {
    const row = this.#row(lane, firstSeenUnixMs);
    for (let i = 0, at = row * width; i < width; i++) {
      this.#counts[at + i] = (this.#counts[at + i] as number) + counters[counterNames[i] as keyof MutableCounters];
    }
    this.#firstSeen[row] = Math.min(this.#firstSeen[row] as number, firstSeenUnixMs);
    this.#lastSeen[row] = Math.max(this.#lastSeen[row] as number, lastSeenUnixMs);
    this.#evidence[row] = Math.max(this.#evidence[row] as number, directionEvidence.indexOf(directionBy));
    for (const _ in drops) {
      this.#drops.set(row, sumOfDrops(this.#drops.get(row), drops));
      break;
    }
    if (serverNames.length > 0) this.#names.set(row, mergeNames(this.#names.get(row) ?? noNames, serverNames));
  }

  #row(lane: Lane, firstSeenUnixMs: number): number {
    const known = this.#rowOf.get(lane.key);
    if (known !== undefined) return known;
    const row = this.#lanes.push(lane) - 1;
    this.#rowOf.set(lane.key, row);
    if (row === this.#evidence.length) this.#grow();
    this.#firstSeen[row] = firstSeenUnixMs;
    return row;
  }

  #grow(): void {
    const size = this.#evidence.length * 2;
    const [counts, firstSeen, lastSeen, evidence] = [
      new Float64Array(size * width),
      new Float64Array(size),
      new Float64Array(size),
      new Uint8Array(size),
    ];
    counts.set(this.#counts);
    firstSeen.set(this.#firstSeen);
    lastSeen.set(this.#lastSeen);
    evidence.set(this.#evidence);
    [this.#counts, this.#firstSeen, this.#lastSeen, this.#evidence] = [counts, firstSeen, lastSeen, evidence];
  }

  /** To be called once, at the end. */
  finish(): Rows {
    const { length } = this.#lanes;
    return {
      lanes: this.#lanes,
      counts: this.#counts.subarray(0, length * width),
      firstSeen: this.#firstSeen.subarray(0, length),
      lastSeen: this.#lastSeen.subarray(0, length),
      evidence: this.#evidence.subarray(0, length),
      drops: this.#drops,
      names: this.#names,
    };
  }
}

export function sumOfDrops(a: Drops | undefined, b: Drops): Drops {
  if (a === undefined) return b;
  const sum = { ...a };
  addDrops(sum, b);
  return sum;
}
