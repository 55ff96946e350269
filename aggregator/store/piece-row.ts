import type { UnixMs } from '../../core/time.ts';
import type { Piece } from '../graph/contribution.ts';
import { nameRows, type NumberedLanes } from './columns.ts';
import { nameWatched, type PackedPiece, type PieceBlobs } from './piece-codec.ts';

/** In place of a width: what is left of lanes when the last tier does not keep them any more. Wider than any bucket. */
export const remainsWidthMs = Number.MAX_SAFE_INTEGER - 1;

/** A piece as the tables of both drivers keep it. */
export interface PieceRow extends PieceBlobs {
  readonly id: number;
  readonly width_ms: number;
  readonly start_unix_ms: UnixMs;
  readonly first_unix_ms: UnixMs;
  readonly end_unix_ms: UnixMs;
}

/** A part of a checkpoint as the tables of both drivers keep it. */
export type CheckpointPart = Pick<PieceRow, 'first_unix_ms' | 'end_unix_ms' | keyof PieceBlobs>;

/** @param packed what is in its blobs */
export function pieceOf(
  row: Omit<PieceRow, keyof PieceBlobs | 'id'>,
  packed: PackedPiece,
  numbered: NumberedLanes,
): Piece {
  return {
    widthMs: row.width_ms,
    startUnixMs: row.start_unix_ms,
    window: { startUnixMs: row.first_unix_ms, endUnixMs: row.end_unix_ms },
    watched: nameWatched(packed.watched, (id) => numbered.name(id)),
    rows: nameRows(packed.rows, numbered),
    sightings: packed.sightings,
  };
}
