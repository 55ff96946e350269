import { addDrops } from '../core/flow.ts';
import type { ColumnBatch } from './column-batch.ts';
import { maxWindowMs } from './decode-batch.ts';
import { RowSums } from './row-sums.ts';

/**
 * One batch that says what two neighbours said, in a window as long as both; null when it would be longer than a window
 * may be, or have more rows. @param later the batch behind `earlier`
 */
export function mergeBatches(earlier: ColumnBatch, later: ColumnBatch, maxRows: number): ColumnBatch | null {
  const startUnixMs = Math.min(earlier.window.startUnixMs, later.window.startUnixMs);
  const endUnixMs = Math.max(earlier.window.endUnixMs, later.window.endUnixMs);
  if (endUnixMs - startUnixMs > maxWindowMs) return null;
  const sums = new RowSums();
  sums.addRows(earlier.rows);
  sums.addRows(later.rows);
  if (sums.length > maxRows) return null;
  const losses = {};
  addDrops(losses, earlier.losses);
  addDrops(losses, later.losses);
  const { epoch, firstSequence } = earlier;
  const { sequence } = later;
  return { epoch, firstSequence, sequence, window: { startUnixMs, endUnixMs }, losses, rows: sums.columns() };
}
