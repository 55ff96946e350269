import { type CounterName, counterNames } from '../../core/flow.ts';
import type { ColumnBatch, RowColumns } from '../../proto/column-batch.ts';
import { encodeAlone } from '../../proto/encode-batch.ts';
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
    coded: null,
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
 * @param encoded that form of the whole batch, where it is at hand
 */
export function fit(
  batch: ColumnBatch,
  { maxRows, maxBatchBytes, maxDictionaryEntries }: Limits,
  encoded: Uint8Array | null = null,
): { readonly batch: ColumnBatch; readonly body: Uint8Array } {
  // A row has at most two addresses, and at most one of everything else but drop reasons, of which there are few.
  const most = Math.min(maxRows, Math.floor(maxDictionaryEntries / 2));
  let fitting = batch;
  let body = encoded ?? encodeAlone(batch);
  for (;;) {
    const rows = fitting.rows.edges.length;
    if (rows === 0 || (rows <= most && body.length <= maxBatchBytes)) break;
    fitting = cut(fitting, rows > most ? most : Math.floor(rows / 2));
    body = encodeAlone(fitting);
  }
  return { batch: fitting, body };
}
