import type { UnixMs } from '../../core/time.ts';
import type { StoreView } from '../store/store.ts';
import { contributionOf } from './contribution.ts';
import type { Standing, StandingSpan } from './standing.ts';

/** Fills empty sums with what is stored: from checkpoints and what came behind them, else from all pieces. */
export async function fill(standing: Standing, view: StoreView): Promise<void> {
  const filled = new Map<StandingSpan, Filled>();
  let earliestUnixMs = -Infinity;
  for (const span of standing.spans.toReversed()) {
    const from = await fillFromCheckpoint(standing, span, view, earliestUnixMs);
    if (from !== null) filled.set(span, from);
    earliestUnixMs = span.fromUnixMs;
  }
  const others = standing.spans.filter((span) => !filled.has(span));
  if (others.length > 0) {
    const startUnixMs = Math.min(...others.map(({ fromUnixMs }) => fromUnixMs));
    const window = { startUnixMs, endUnixMs: Number.MAX_SAFE_INTEGER };
    for await (const piece of view.pieces({ type: 'beginning', window })) {
      standing.fill(piece, piece.startUnixMs, others);
    }
  }
  const afterId = others.length > 0 ? 0 : Math.min(...Array.from(filled.values(), ({ throughId }) => throughId));
  for await (const { id, segment } of view.segments(everything, afterId)) {
    const isIn = ({ throughId, ahead }: Filled) => id <= throughId || ahead.has(id);
    const behind = standing.spans.filter((span) => !isIn(filled.get(span) ?? nothing));
    standing.fill(contributionOf(segment), segment.window.startUnixMs, behind);
  }
  standing.divide();
  for await (const { rows } of view.remains()) standing.index.remember(rows);
}

/** Which segments a checkpoint had in it: all up to one, and some behind it. */
interface Filled {
  readonly throughId: number;
  readonly ahead: ReadonlySet<number>;
}

const nothing: Filled = { throughId: 0, ahead: new Set() };

/**
 * @param earliestUnixMs when the next longer span begins, of which this one is part
 * @returns null when there is none that can be used
 */
async function fillFromCheckpoint(
  standing: Standing,
  span: StandingSpan,
  view: StoreView,
  earliestUnixMs: UnixMs,
): Promise<Filled | null> {
  const { lengthMs, gridMs } = span.length;
  const checkpoint = await view.checkpoint(lengthMs);
  if (checkpoint === null) return null;
  const { throughId, aheadIds, fromUnixMs } = checkpoint;
  // What came behind it must still be there segment by segment; what left since is taken out bucket by bucket.
  if (
    throughId < view.rolledId ||
    [throughId, ...aheadIds].some((id) => id > view.lastId) ||
    fromUnixMs > span.fromUnixMs ||
    fromUnixMs < earliestUnixMs ||
    fromUnixMs % gridMs !== 0
  ) {
    return null;
  }
  if (await view.splits(fromUnixMs)) return null;
  span.fromUnixMs = fromUnixMs;
  for await (const part of checkpoint.parts) standing.fill(part, fromUnixMs, [span]);
  return { throughId, ahead: new Set(aheadIds) };
}

const everything = {
  type: 'beginning',
  window: { startUnixMs: Number.MIN_SAFE_INTEGER, endUnixMs: Number.MAX_SAFE_INTEGER },
} as const;
