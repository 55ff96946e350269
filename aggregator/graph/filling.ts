import type { StoreView } from '../store/store.ts';
import { contributionOf } from './contribution.ts';
import type { Standing, StandingSpan } from './standing.ts';

/** Fills empty sums with what is stored: from checkpoints and what came behind them, else from all pieces. */
export async function fill(standing: Standing, view: StoreView): Promise<void> {
  const throughIds = new Map<StandingSpan, number>();
  for (const span of standing.spans) {
    const throughId = await fillFromCheckpoint(standing, span, view);
    if (throughId !== null) throughIds.set(span, throughId);
  }
  const others = standing.spans.filter((span) => !throughIds.has(span));
  if (others.length > 0) {
    const startUnixMs = Math.min(...others.map(({ fromUnixMs }) => fromUnixMs));
    const window = { startUnixMs, endUnixMs: Number.MAX_SAFE_INTEGER };
    for await (const piece of view.pieces({ type: 'beginning', window })) {
      standing.add(piece, piece.startUnixMs, others);
    }
  }
  const afterId = others.length > 0 ? 0 : Math.min(...throughIds.values());
  for await (const { id, segment } of view.segments(everything, afterId)) {
    const behind = standing.spans.filter((span) => id > (throughIds.get(span) ?? 0));
    standing.add(contributionOf(segment), segment.window.startUnixMs, behind);
  }
  for await (const { rows } of view.remains()) standing.index.remember(rows);
}

/** @returns through which segment it is; null when there is none that can be used */
async function fillFromCheckpoint(standing: Standing, span: StandingSpan, view: StoreView): Promise<number | null> {
  const { lengthMs, gridMs } = span.length;
  const checkpoint = await view.checkpoint(lengthMs);
  if (checkpoint === null) return null;
  const { throughId, fromUnixMs } = checkpoint;
  // What came behind it must still be there segment by segment; what left since is taken out bucket by bucket.
  if (
    throughId < view.rolledId ||
    throughId > view.lastId ||
    fromUnixMs > span.fromUnixMs ||
    fromUnixMs % gridMs !== 0
  ) {
    return null;
  }
  if (await view.splits(fromUnixMs)) return null;
  span.fromUnixMs = fromUnixMs;
  for await (const part of checkpoint.parts) standing.add(part, fromUnixMs, [span]);
  return throughId;
}

const everything = {
  type: 'beginning',
  window: { startUnixMs: Number.MIN_SAFE_INTEGER, endUnixMs: Number.MAX_SAFE_INTEGER },
} as const;
