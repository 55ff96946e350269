import { type Milliseconds, parseDuration, type UnixMs } from '../../core/time.ts';

/** One grain of what is kept: buckets of a width, each kept until it is so old. */
export interface Tier {
  readonly widthMs: Milliseconds;
  readonly keepMs: Milliseconds;
}

/** What a list of tiers says, or what is wrong with it. */
export type ReadTiers =
  | { readonly type: 'tiers'; readonly tiers: readonly Tier[] }
  | { readonly type: 'problem'; readonly problem: string };

const form = 'give WIDTH=KEEP,... such as 15s=1h,1m=24h,1h=30d,1d=400d';

/** Reads tiers as `15s=1h,1m=24h`, from the finest to the coarsest. */
export function readTiers(text: string): ReadTiers {
  const tiers: Tier[] = [];
  for (const part of text.split(',')) {
    const [width, keep, ...more] = part.trim().split('=');
    const [widthMs, keepMs] = [parseDuration(width ?? ''), parseDuration(keep ?? '')];
    if (widthMs === null || keepMs === null || more.length > 0) return fault(`${part.trim() || 'nothing'}: ${form}`);
    const problem = problemOf({ widthMs, keepMs }, tiers.at(-1) ?? null);
    if (problem !== null) return fault(`${part.trim()}: ${problem}`);
    tiers.push({ widthMs, keepMs });
  }
  return { type: 'tiers', tiers };
}

function fault(problem: string): ReadTiers {
  return { type: 'problem', problem };
}

function problemOf({ widthMs, keepMs }: Tier, before: Tier | null): string | null {
  if (widthMs < 1000) return 'a bucket is at least 1s wide';
  if (keepMs < widthMs) return 'keep a bucket for at least as long as it is wide';
  if (before === null) return null;
  if (widthMs <= before.widthMs || widthMs % before.widthMs !== 0)
    return 'make each width a multiple of the one before';
  if (keepMs <= before.keepMs) return 'keep each for longer than the one before';
  // Else what a bucket is made of would be due to go before the bucket is over.
  return before.keepMs < widthMs ? 'keep the one before for at least as long as this is wide' : null;
}

/** Where the bucket begins that a moment lies in. */
export function bucketStart(unixMs: UnixMs, widthMs: Milliseconds): UnixMs {
  return Math.floor(unixMs / widthMs) * widthMs;
}

/** A span of time up to now whose sums stand ready. It begins where a bucket of `gridMs` does, so a bucket is in it whole. */
export interface SpanLength {
  readonly lengthMs: Milliseconds;
  readonly gridMs: Milliseconds;
}

const hourMs = 3_600_000;

/** The spans that stand ready: the last hour, the last day and all that is kept; the longest is the last. */
export function spansOf(tiers: readonly Tier[]): SpanLength[] {
  const allMs = tiers.at(-1)?.keepMs ?? 0;
  const lengths = [hourMs, 24 * hourMs, allMs].filter((lengthMs) => lengthMs <= allMs);
  return [...new Set(lengths)].map((lengthMs) => {
    const holding = tiers.findIndex(({ keepMs }) => keepMs >= lengthMs);
    // What leaves the span may be in the tier behind it by then.
    const gridMs = (tiers[holding + 1] ?? tiers[holding])?.widthMs ?? lengthMs;
    return { lengthMs, gridMs };
  });
}

/** Questions that were on their way for a moment, or of clocks that are a little behind, are still answered by it. */
export const slackMs = 15_000;

/** Where a span begins now. */
export function spanStart({ lengthMs, gridMs }: SpanLength, now: UnixMs): UnixMs {
  return bucketStart(now - lengthMs - slackMs, gridMs);
}
