import type { TimelineBucket } from '../../../proto/wire.ts';

/** One bucket of the histogram, in parts of the whole: 0 to 1 across and up. */
export interface Bar {
  readonly x: number;
  readonly width: number;
  readonly good: number;
  readonly bad: number;
  /** Whether something was lost in it, or nothing watched. */
  readonly gap: boolean;
  readonly bucket: TimelineBucket;
}

/** Heights grow with the square root, so that quiet times are seen beside busy ones. */
export function barsOf(buckets: readonly TimelineBucket[]): Bar[] {
  const [first, last] = [buckets[0], buckets.at(-1)];
  if (first === undefined || last === undefined) return [];
  const whole = Math.max(1, last.endUnixMs - first.startUnixMs);
  const countOf = ({ forwarded, dropped, refused, unanswered }: TimelineBucket) =>
    forwarded + dropped + refused + unanswered;
  const most = Math.sqrt(Math.max(1, ...buckets.map(countOf)));
  return buckets.map((bucket, index) => {
    const count = countOf(bucket);
    const height = Math.sqrt(count) / most;
    const bad = count === 0 ? 0 : (height * (count - bucket.forwarded)) / count;
    return {
      x: (bucket.startUnixMs - first.startUnixMs) / whole,
      width: (bucket.endUnixMs - bucket.startUnixMs) / whole,
      good: height - bad,
      bad,
      // The last bucket has only begun.
      gap: bucket.incompleteWindows > 0 || (bucket.windows === 0 && index < buckets.length - 1),
      bucket,
    };
  });
}

/** The moment at a place of the histogram. @param at from 0 to 1 */
export function momentAt(buckets: readonly TimelineBucket[], at: number): number {
  const [start, end] = [buckets[0]?.startUnixMs ?? 0, buckets.at(-1)?.endUnixMs ?? 0];
  return Math.round(start + Math.min(1, Math.max(0, at)) * (end - start));
}
