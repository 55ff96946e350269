import type { Batch, FlowRecord } from '../../core/flow.ts';
import { type ColumnBatch, recordsOf } from '../../proto/column-batch.ts';
import { columnsOf } from '../../proto/row-sums.ts';

/** A batch as agents make it. */
export function columnBatchOf({ records, ...batch }: Batch, change: Partial<ColumnBatch> = {}): ColumnBatch {
  return { ...batch, firstSequence: batch.sequence, rows: columnsOf(records), ...change };
}

/** A batch as the rest of the aggregator takes it. */
export function batchOfColumns(batch: ColumnBatch): Batch {
  const { epoch, sequence, window, losses, records } = recordsOf(batch);
  return { epoch, sequence, window, losses, records };
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
