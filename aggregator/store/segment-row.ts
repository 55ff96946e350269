import type { Losses } from '../../core/flow.ts';
import type { Window } from '../../core/time.ts';
import type { StoredSegment } from '../graph/contribution.ts';
import type { Rows } from '../graph/rows.ts';

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

/** What is needed to read the rows of a segment. */
export type SegmentColumns = Pick<SegmentRow, 'columns' | 'start_unix_ms' | 'end_unix_ms'>;

export function lossesOf(json: string): Losses {
  return JSON.parse(json) as Losses;
}

export function windowOf({ start_unix_ms, end_unix_ms }: Omit<SegmentColumns, 'columns'>): Window {
  return { startUnixMs: start_unix_ms, endUnixMs: end_unix_ms };
}

/** @param rows what is in its columns */
export function segmentOf(
  cluster: string,
  { id, node, epoch, sequence, ...row }: SegmentRow,
  rows: Rows,
): StoredSegment {
  const window = windowOf(row);
  return { id, segment: { cluster, node, epoch, sequence, window, losses: lossesOf(row.losses), rows, coded: null } };
}
