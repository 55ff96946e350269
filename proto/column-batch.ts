import type { CounterName, Losses } from '../core/flow.ts';
import type { Window } from '../core/time.ts';
import type { Dictionary } from './dictionary.ts';
import type { ColumnMemory } from './column-memory.ts';
import type * as wire from './wire.ts';

/** A column of counts, or of times in Unix milliseconds. */
export type Column = Float64Array;

export type CounterColumns = Readonly<Record<CounterName, Column>>;

/** Dropped packets: value i of each is of entry i. Ascending by row; a row has each reason at most once. */
export interface DropColumns {
  readonly rows: Uint32Array;
  /** Numbers of the dictionary's. */
  readonly reasons: Uint32Array;
  readonly packets: Column;
}

/** The numbers of rows as the wire has them. */
export type CodedNumbers = Pick<wire.Rows, CounterName | 'firstSeen' | 'lastSeen'>;

/** What the numbers of rows were read of. */
export interface CodedRows {
  /** The batch as it was sent, which `numbers` are parts of. */
  readonly body: Uint8Array;
  readonly numbers: CodedNumbers;
  /** For each row 1 where a client reports it, and 0 where a server does. */
  readonly isClient: Uint8Array;
  /** What the columns lie in, and where more of them may lie that are made of these. */
  readonly memory: ColumnMemory;
}

/** Columns that are read of coded numbers. */
export interface Numbers {
  readonly counters: CounterColumns;
  readonly firstSeenUnixMs: Column;
  readonly lastSeenUnixMs: Column;
}

/** Rows by column: value i of each column is of row i, and no two rows are of one edge. */
export interface RowColumns extends Numbers {
  /** What the numbers refer to. */
  readonly dictionary: Dictionary;
  /** Numbers of the dictionary's, ascending. */
  readonly edges: Uint32Array;
  readonly drops: DropColumns;
  /** What the numbers were read of; null where they were made here. */
  readonly coded: CodedRows | null;
}

/** What one agent saw in one window, by column. */
export interface ColumnBatch {
  readonly epoch: number;
  /** The first of the sequences that it stands for; `sequence` is the last. */
  readonly firstSequence: number;
  readonly sequence: number;
  readonly window: Window;
  readonly losses: Losses;
  readonly rows: RowColumns;
}

/** Shared by all columns that say nothing, so that such a column costs nothing. */
let zeros: Column = new Float64Array(1024);

export function zeroColumn(length: number): Column {
  if (length > zeros.length) zeros = new Float64Array(length);
  return zeros.subarray(0, length);
}

/** Whether a column is one that zeroColumn gave: only few others are all zero. */
export function isZero(column: Column): boolean {
  return column.buffer === zeros.buffer;
}
