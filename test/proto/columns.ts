import { type Batch, counterNames, type Drops, type FlowCounters, type FlowRecord } from '../../core/flow.ts';
import type { ColumnBatch, CounterColumns, RowColumns } from '../../proto/column-batch.ts';
import { columnsOf } from '../../proto/row-sums.ts';

/** A batch as agents make it. */
export function columnBatchOf({ records, ...batch }: Batch, change: Partial<ColumnBatch> = {}): ColumnBatch {
  return { ...batch, firstSequence: batch.sequence, rows: columnsOf(records), ...change };
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

/** The rows of a batch by record. */
export function recordsOf(rows: RowColumns): FlowRecord[] {
  const drops = dropsByRow(rows);
  return Array.from(rows.edges, (edge, row) => ({
    ...rows.dictionary.partsOf(edge),
    counters: countersOf(rows.counters, row),
    drops: drops.get(row) ?? {},
    firstSeenUnixMs: rows.firstSeenUnixMs[row] as number,
    lastSeenUnixMs: rows.lastSeenUnixMs[row] as number,
  }));
}

/** The same batch by record. */
export function batchOfColumns({ epoch, sequence, window, losses, rows }: ColumnBatch): Batch {
  return { epoch, sequence, window, losses, records: recordsOf(rows) };
}

const unitMs = 100;

/** A record as it arrives: when it was seen is told in tenths of a second, inside its window. */
export function asArrived(record: FlowRecord, { window }: Batch): FlowRecord {
  const first = Math.floor(record.firstSeenUnixMs / unitMs) * unitMs;
  const last = Math.ceil(record.lastSeenUnixMs / unitMs) * unitMs;
  const within = (time: number, edge: number) => (Math.abs(time - edge) < unitMs ? edge : time);
  const lastSeenUnixMs = last > window.endUnixMs ? within(last, window.endUnixMs) : last;
  const firstSeenUnixMs = first < window.startUnixMs ? within(first, window.startUnixMs) : first;
  return { ...record, firstSeenUnixMs: Math.min(firstSeenUnixMs, lastSeenUnixMs), lastSeenUnixMs };
}
