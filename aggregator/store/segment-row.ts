import type { Losses } from '../../core/flow.ts';
import type { Rows } from '../graph/rows.ts';
import type { Segment } from '../graph/segment.ts';

/** A segment as the tables of both drivers keep it. */
export interface SegmentRow {
  readonly id: number;
  readonly node: string;
  readonly epoch: number;
  readonly sequence: number;
  readonly start_unix_ms: number;
  readonly end_unix_ms: number;
  /** JSON. */
  readonly losses: string;
  readonly columns: Uint8Array;
}

/** @param rows what is in its columns */
export function segmentOf(cluster: string, { node, epoch, sequence, ...row }: SegmentRow, rows: Rows): Segment {
  const window = { startUnixMs: row.start_unix_ms, endUnixMs: row.end_unix_ms };
  return { cluster, node, epoch, sequence, window, losses: JSON.parse(row.losses) as Losses, rows };
}
