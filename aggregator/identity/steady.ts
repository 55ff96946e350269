import type { Milliseconds, UnixMs } from '../../core/time.ts';

/** A span of time without its two ends. */
export interface Span {
  readonly afterUnixMs: UnixMs;
  readonly beforeUnixMs: UnixMs;
}

/** How far around a change answers look: the tolerance before and after, and once more for who is asked about later. */
const looks = [0, -1, 1, -2];

/**
 * The span around a moment in which nothing changes that an answer for that moment rests on. It is empty when something
 * changes at that very moment.
 */
export function spanAround(unixMs: UnixMs, moments: Iterable<UnixMs>, toleranceMs: Milliseconds): Span {
  let [afterUnixMs, beforeUnixMs] = [-Infinity, Infinity];
  for (const moment of moments) {
    for (const look of looks) {
      const at = moment + look * toleranceMs;
      if (at <= unixMs) afterUnixMs = Math.max(afterUnixMs, at);
      if (at >= unixMs) beforeUnixMs = Math.min(beforeUnixMs, at);
    }
  }
  return { afterUnixMs, beforeUnixMs };
}
