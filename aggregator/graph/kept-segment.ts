import { codedNumbersIn } from '../../proto/decode-batch.ts';
import { decodeNumbers } from '../../proto/decode-rows.ts';
import { numbersOf, type Rows } from './rows.ts';
import type { Segment } from './segment.ts';

type Numbers = Pick<Rows, 'counters' | 'firstSeen' | 'lastSeen'>;

/**
 * A segment as it is kept in memory for a while: where its numbers are as its agent coded them, with the bytes that the
 * agent sent. The memory of the numbers that were read of them is used again for others.
 */
export interface KeptSegment extends Omit<Segment, 'rows' | 'coded'> {
  readonly rows: Omit<Rows, keyof Numbers>;
  readonly numbers: Numbers | Uint8Array;
}

export function keptOf({ rows: { counters, firstSeen, lastSeen, ...rows }, coded, ...segment }: Segment): KeptSegment {
  return { ...segment, rows, numbers: coded?.body ?? { counters, firstSeen, lastSeen } };
}

/** The whole segment again. */
export function segmentOf({ rows, numbers, ...segment }: KeptSegment): Segment {
  const read = numbers instanceof Uint8Array ? numbersIn(numbers, rows, segment) : numbers;
  return { ...segment, rows: { ...rows, ...read }, coded: null };
}

function numbersIn(body: Uint8Array, { lanes }: Pick<Rows, 'lanes'>, { window }: Pick<Segment, 'window'>): Numbers {
  const isClient = Uint8Array.from(lanes, ({ reporter }) => (reporter === 'client' ? 1 : 0));
  return numbersOf(decodeNumbers(codedNumbersIn(body), isClient, window));
}
