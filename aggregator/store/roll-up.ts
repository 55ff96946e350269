import { setImmediate as nextTurn } from 'node:timers/promises';
import type { UnixMs, Window } from '../../core/time.ts';
import { contributionOf } from '../graph/contribution.ts';
import { bucketStart, type Tier } from '../graph/tiers.ts';
import type { Segment } from '../graph/segment.ts';
import { numberWatched, type PackedPiece, packPiece, unpackPiece } from './piece-codec.ts';
import { PieceMerge } from './piece-merge.ts';
import { type PieceRow, remainsWidthMs } from './piece-row.ts';
import { unpackRows } from './segment-codec.ts';
import { lossesOf, type SegmentRow, windowOf } from './segment-row.ts';
import type { RollUpPlan } from './store.ts';

/** Pieces of these widths, and of them those that begin in a span. */
export interface Shelf {
  /** The least width, inside. */
  readonly fromWidthMs: number;
  /** Outside. */
  readonly toWidthMs: number;
  readonly startsIn: Window;
}

/** What a roll-up reads of a store. Nothing else moves anything meanwhile. */
export interface RollUpSource {
  /** Segments behind that one in the order of their ids, a number of them that can be held in memory. */
  segments(afterId: number, throughId: number): Promise<readonly SegmentRow[]>;
  /** Where the first piece of a shelf begins; null when there is none. */
  firstStart(shelf: Shelf): Promise<UnixMs | null>;
  pieceIds(shelf: Shelf): Promise<readonly number[]>;
  piece(id: number): Promise<PieceRow>;
  /** Numbers that were given when the segments were committed. */
  nameIds(texts: readonly string[]): Promise<(text: string) => number>;
  names(ids: readonly number[]): Promise<(id: number) => string>;
}

/** What has to be done in one transaction: what was merged goes as what it was merged into comes. */
export interface Move {
  /** Segments through this one go; null when none does. */
  readonly segmentsThrough: { readonly id: number; readonly count: number } | null;
  readonly pieceIds: readonly number[];
  readonly insert: readonly Omit<PieceRow, 'id'>[];
}

/** How many rows are merged before they are written: bounds the memory that it takes, some 150 bytes a row. */
const maxMergedRows = 500_000;
/** Bounds how long it takes to remove them. */
const maxMergedSegments = 2_048;
/** Rows of one piece: bounds how long it holds up everything else to read one. */
export const maxPieceRows = 16_384;

/** The first step that is due; null when nothing is. */
export async function nextMove(source: RollUpSource, plan: RollUpPlan): Promise<Move | null> {
  return (
    (await moveSegments(source, plan)) ?? (await moveToNextTier(source, plan)) ?? (await moveToRemains(source, plan))
  );
}

/** Merges segments into pieces of the finest tier. */
async function moveSegments(source: RollUpSource, { tiers, throughId }: RollUpPlan): Promise<Move | null> {
  const widthMs = (tiers[0] as Tier).widthMs;
  const merges = new Map<UnixMs, PieceMerge>();
  let [last, count, rows] = [0, 0, 0];
  while (rows < maxMergedRows && count < maxMergedSegments) {
    const page = await source.segments(last, throughId);
    if (page.length === 0) break;
    const nameId = await source.nameIds(page.flatMap(({ node, losses }) => [node, ...Object.keys(lossesOf(losses))]));
    for (const row of page) {
      const startUnixMs = bucketStart(row.start_unix_ms, widthMs);
      let merge = merges.get(startUnixMs);
      if (merge === undefined) merges.set(startUnixMs, (merge = new PieceMerge()));
      rows -= merge.rows;
      merge.add(packedSegment(row, nameId), { startUnixMs: row.start_unix_ms, endUnixMs: row.end_unix_ms });
      rows += merge.rows;
      last = row.id;
    }
    count += page.length;
    await nextTurn();
  }
  if (count === 0) return null;
  const insert: Omit<PieceRow, 'id'>[] = [];
  for (const [startUnixMs, merge] of merges) insert.push(...(await rowsOf(source, merge, widthMs, startUnixMs)));
  return { segmentsThrough: { id: last, count }, pieceIds: [], insert };
}

function packedSegment(row: SegmentRow, nameId: (text: string) => number): PackedPiece {
  const window = windowOf(row);
  const segment = { node: row.node, window, losses: lossesOf(row.losses) } as Segment;
  const { watched } = contributionOf(segment);
  return {
    watched: numberWatched(watched, { nameId }),
    rows: unpackRows(row.columns, window),
    sightings: null,
  };
}

/** Merges the pieces of the oldest bucket that is due into the next tier's. */
async function moveToNextTier(source: RollUpSource, { tiers, now }: RollUpPlan): Promise<Move | null> {
  for (const [i, tier] of tiers.entries()) {
    const next = tiers[i + 1];
    if (next === undefined) return null;
    const widths = { fromWidthMs: i === 0 ? 1 : tier.widthMs, toWidthMs: next.widthMs };
    const due = bucketStart(now - tier.keepMs, next.widthMs);
    const first = await source.firstStart({ ...widths, startsIn: { startUnixMs: 0, endUnixMs: due } });
    if (first === null) continue;
    const startUnixMs = bucketStart(first, next.widthMs);
    const startsIn = { startUnixMs, endUnixMs: startUnixMs + next.widthMs };
    const pieceIds = await source.pieceIds({ ...widths, startsIn });
    const merge = await mergePieces(source, pieceIds, new PieceMerge());
    return { segmentsThrough: null, pieceIds, insert: await rowsOf(source, merge, next.widthMs, startUnixMs) };
  }
  return null;
}

/**
 * Takes away the oldest bucket that the last tier does not keep, and all of its pieces but who was seen in it and when.
 * It goes one bucket's width late: until then whoever has its sums in memory takes them out.
 */
async function moveToRemains(source: RollUpSource, plan: RollUpPlan): Promise<Move | null> {
  const { widthMs, keepMs } = plan.tiers.at(-1) as Tier;
  const widths = { fromWidthMs: 1, toWidthMs: remainsWidthMs };
  const due = bucketStart(plan.now - keepMs - widthMs, widthMs);
  const first = await source.firstStart({ ...widths, startsIn: { startUnixMs: 0, endUnixMs: due } });
  if (first === null) return null;
  const startUnixMs = bucketStart(first, widthMs);
  const startsIn = { startUnixMs, endUnixMs: startUnixMs + widthMs };
  const before = await source.pieceIds(remainsShelf);
  const pieceIds = [...(await source.pieceIds({ ...widths, startsIn })), ...before];
  const merge = await mergePieces(source, pieceIds, new PieceMerge(true));
  merge.forget(plan.now - plan.keepSightingsMs, plan.maxSightings);
  const insert = merge.rows === 0 ? [] : await rowsOf(source, merge, remainsWidthMs, 0);
  return { segmentsThrough: null, pieceIds, insert };
}

/** Where the remains are. */
export const remainsShelf: Shelf = {
  fromWidthMs: remainsWidthMs,
  toWidthMs: remainsWidthMs + 1,
  startsIn: { startUnixMs: 0, endUnixMs: 1 },
};

async function mergePieces(source: RollUpSource, ids: readonly number[], merge: PieceMerge): Promise<PieceMerge> {
  for (const id of ids) {
    const row = await source.piece(id);
    const window = { startUnixMs: row.first_unix_ms, endUnixMs: row.end_unix_ms };
    merge.add(unpackPiece(row, row.start_unix_ms), window);
    await nextTurn();
  }
  return merge;
}

/** What a merge comes to. It is over then. */
async function rowsOf(
  source: RollUpSource,
  merge: PieceMerge,
  widthMs: number,
  startUnixMs: UnixMs,
): Promise<Omit<PieceRow, 'id'>[]> {
  const tooMany = merge.namesTooMany();
  if (tooMany.size > 0) merge.boundNames(await source.names([...tooMany]));
  const rows: Omit<PieceRow, 'id'>[] = [];
  const { window } = merge;
  for (const part of merge.parts(maxPieceRows)) {
    rows.push({
      width_ms: widthMs,
      start_unix_ms: startUnixMs,
      first_unix_ms: window.startUnixMs,
      end_unix_ms: window.endUnixMs,
      ...packPiece(part, startUnixMs),
    });
    await nextTurn();
  }
  merge.end();
  return rows;
}
