import { type CounterName, counterNames, type MutableCounters, zeroCounters } from '../../core/flow.ts';
import { type Column, isZero } from '../../proto/column-batch.ts';
import { width } from './rows.ts';

/** Takes an amount out of a sum as far as it is there, and adds what was taken to the same place of `into`. */
export function move(sums: Float64Array, at: number, into: Float64Array | null, amount: number): void {
  const taken = Math.min(sums[at] as number, amount);
  sums[at] = (sums[at] as number) - taken;
  if (into !== null) into[at] = (into[at] as number) + taken;
}

/** Which columns are not all zero. */
export function usedIn(counters: readonly Column[]): readonly number[] {
  const used: number[] = [];
  for (let counter = 0; counter < counters.length; counter++) {
    if (!isZero(counters[counter] as Column)) used.push(counter);
  }
  return used;
}

/** The counters of which the first is there. */
export function countersAt(counts: Float64Array, at: number): MutableCounters {
  const counters = zeroCounters();
  for (let i = 0; i < width; i++) counters[counterNames[i] as CounterName] = counts[at + i] as number;
  return counters;
}
