import type { UnixMs } from '../../core/time.ts';
import type { StoreView } from '../store/store.ts';
import { contributionOf } from './contribution.ts';
import type { Standing, StandingSpan } from './standing.ts';

/** Fills empty sums with what is stored: from checkpoints and what came behind them, else from all pieces. */
export async function fill(standing: Standing, view: StoreView): Promise<void> {
  const throughIds = new Map<StandingSpan, number>();
  let earliestUnixMs = -Infinity;
  for (const span of standing.spans.toReversed()) {
    const throughId = await fillFromCheckpoint(standing, span, view, earliestUnixMs);
    if (throughId !== null) throughIds.set(span, throughId);
    earliestUnixMs = span.fromUnixMs;
  }
  const others = standing.spans.filter((span) => !throughIds.has(span));
  if (others.length > 0) {
    const startUnixMs = Math.min(...others.map(({ fromUnixMs }) => fromUnixMs));
    const window = { startUnixMs, endUnixMs: Number.MAX_SAFE_INTEGER };
    for await (const piece of view.pieces({ type: 'beginning', window })) {
      standing.fill(piece, piece.startUnixMs, others);
    }
  }
  const afterId = others.length > 0 ? 0 : Math.min(...throughIds.values());
  for await (const { id, segment } of view.segments(everything, afterId)) {
    const behind = standing.spans.filter((span) => id > (throughIds.get(span) ?? 0));
    standing.fill(contributionOf(segment), segment.window.startUnixMs, behind);
  }
  standing.divide();
  for await (const { rows } of view.remains()) standing.index.remember(rows);
}

/**
 * @param earliestUnixMs when the next longer span begins, of which this one is part
 * @returns through which segment it is; null when there is none that can be used
 */
async function fillFromCheckpoint(
  standing: Standing,
  span: StandingSpan,
  view: StoreView,
  earliestUnixMs: UnixMs,
): Promise<number | null> {
  const { lengthMs, gridMs } = span.length;
  const checkpoint = await view.checkpoint(lengthMs);
  if (checkpoint === null) return null;
  const { throughId, fromUnixMs } = checkpoint;
  // What came behind it must still be there segment by segment; what left since is taken out bucket by bucket.
  if (
    throughId < view.rolledId ||
    throughId > view.lastId ||
    fromUnixMs > span.fromUnixMs ||
    fromUnixMs < earliestUnixMs ||
    fromUnixMs % gridMs !== 0
  ) {
    return null;
  }
  if (await view.splits(fromUnixMs)) return null;
  span.fromUnixMs = fromUnixMs;
  for await (const part of checkpoint.parts) standing.fill(part, fromUnixMs, [span]);
  return throughId;
}

const everything = {
  type: 'beginning',
  window: { startUnixMs: Number.MIN_SAFE_INTEGER, endUnixMs: Number.MAX_SAFE_INTEGER },
} as const;
