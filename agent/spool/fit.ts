import type { RowColumns } from '../../proto/column-batch.ts';
import { encodeAlone } from '../../proto/encode-batch.ts';
import type { ColumnBatch } from '../../proto/column-batch.ts';
import { counterNames } from '../../core/flow.ts';
import type { CounterName } from '../../core/flow.ts';
import type { Limits } from '../../proto/wire.ts';

/** The stage under which rows are counted that a batch has no room for. */
const batchFullStage = 'batch-full';

function firstRows({ edges, counters, firstSeenUnixMs, lastSeenUnixMs, drops, dictionary }: RowColumns, rows: number) {
  const kept = drops.rows.findLastIndex((row) => row < rows) + 1;
  return {
    dictionary,
    edges: edges.subarray(0, rows),
    counters: Object.fromEntries(counterNames.map((name) => [name, counters[name].subarray(0, rows)])) as Record<
      CounterName,
      Float64Array
    >,
    firstSeenUnixMs: firstSeenUnixMs.subarray(0, rows),
    lastSeenUnixMs: lastSeenUnixMs.subarray(0, rows),
    drops: {
      rows: drops.rows.subarray(0, kept),
      reasons: drops.reasons.subarray(0, kept),
      packets: drops.packets.subarray(0, kept),
    },
  };
}

/** A batch with its first rows only; the others are a loss of its window. */
function cut(batch: ColumnBatch, rows: number): ColumnBatch {
  const lost = batch.rows.edges.length - rows;
  const losses = { ...batch.losses, [batchFullStage]: (batch.losses[batchFullStage] ?? 0) + lost };
  return { ...batch, losses, rows: firstRows(batch.rows, rows) };
}

/**
 * The batch, or as many of its rows as the limits have room for, with its self-contained form. What does not fit is
 * counted in its losses.
 */
export function fit(batch: ColumnBatch, limits: Limits): { readonly batch: ColumnBatch; readonly body: Uint8Array } {
  const { maxRows, maxBatchBytes, maxDictionaryEntries } = limits;
  const { edges } = batch.rows;
  // A row has at most two addresses, and at most one of everything else but drop reasons, of which there are few.
  let rows = Math.min(maxRows, Math.floor(maxDictionaryEntries / 2));
  let fitting = edges.length > rows ? cut(batch, rows) : batch;
  let body = encodeAlone(fitting);
  while (body.length > maxBatchBytes && rows > 0) {
    rows = Math.floor(fitting.rows.edges.length / 2);
    fitting = cut(fitting, rows);
    body = encodeAlone(fitting);
  }
  return { batch: fitting, body };
}
