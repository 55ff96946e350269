import {
  type Batch,
  type CounterName,
  counterNames,
  type Drops,
  type FlowCounters,
  type Losses,
} from '../core/flow.ts';
import type { Window } from '../core/time.ts';
import type { Dictionary } from './dictionary.ts';

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

/** Rows by column: value i of each column is of row i, and no two rows are of one edge. */
export interface RowColumns {
  /** What the numbers refer to. */
  readonly dictionary: Dictionary;
  /** Numbers of the dictionary's, ascending. */
  readonly edges: Uint32Array;
  readonly counters: CounterColumns;
  readonly firstSeenUnixMs: Column;
  readonly lastSeenUnixMs: Column;
  readonly drops: DropColumns;
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

function countersOf(columns: CounterColumns, row: number): FlowCounters {
  return Object.fromEntries(counterNames.map((name) => [name, columns[name][row]])) as unknown as FlowCounters;
}

function dropsByRow({ drops, dictionary }: RowColumns): ReadonlyMap<number, Drops> {
  const byRow = new Map<number, Record<string, number>>();
  for (let i = 0; i < drops.rows.length; i++) {
    const row = drops.rows[i] as number;
    const own = byRow.get(row) ?? {};
    own[dictionary.reasons[drops.reasons[i] as number] as string] = drops.packets[i] as number;
    byRow.set(row, own);
  }
  return byRow;
}

/** The same batch by record. */
export function recordsOf({ rows, ...batch }: ColumnBatch): Batch {
  const drops = dropsByRow(rows);
  const records = Array.from(rows.edges, (edge, row) => ({
    ...rows.dictionary.partsOf(edge),
    counters: countersOf(rows.counters, row),
    drops: drops.get(row) ?? {},
    firstSeenUnixMs: rows.firstSeenUnixMs[row] as number,
    lastSeenUnixMs: rows.lastSeenUnixMs[row] as number,
  }));
  return { ...batch, records };
}
