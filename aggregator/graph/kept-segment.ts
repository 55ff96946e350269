import { counterNames } from '../../core/flow.ts';
import { decodeNumbers } from '../../proto/decode-rows.ts';
import type { Rows } from './rows.ts';
import type { Segment } from './segment.ts';

type Numbers = 'counters' | 'firstSeen' | 'lastSeen';

/**
 * A segment as it is kept in memory for a while: where its numbers are at hand as its agent coded them, as those alone.
 * The memory of the numbers that were read of them is used again for others.
 */
export interface KeptSegment extends Omit<Segment, 'rows'> {
  readonly rows: Omit<Rows, Numbers>;
  /** Null where `coded` has them. */
  readonly numbers: Pick<Rows, Numbers> | null;
}

export function keptOf({ rows: { counters, firstSeen, lastSeen, ...rows }, ...segment }: Segment): KeptSegment {
  return { ...segment, rows, numbers: segment.coded === null ? { counters, firstSeen, lastSeen } : null };
}

/** The whole segment again. */
export function segmentOf({ numbers, ...segment }: KeptSegment): Segment {
  return { ...segment, rows: { ...segment.rows, ...(numbers ?? numbersOf(segment)) } };
}

function numbersOf({ coded, window }: Omit<KeptSegment, 'numbers'>): Pick<Rows, Numbers> {
  if (coded === null) throw new RangeError('a segment was kept without its numbers');
  const { counters, firstSeenUnixMs, lastSeenUnixMs } = decodeNumbers(coded.numbers, coded.isClient, window);
  return {
    counters: counterNames.map((name) => counters[name]),
    firstSeen: firstSeenUnixMs,
    lastSeen: lastSeenUnixMs,
  };
}
