import type { CounterName } from '../core/flow.ts';
import type { Milliseconds, UnixMs } from '../core/time.ts';

/** Counters in the order in which they can be read: behind those that predict them. */
export const codedOrder = [
  'established',
  'refused',
  'unanswered',
  'attempts',
  'synPackets',
  'bytesToServer',
  'bytesToClient',
  'packetsToServer',
  'packetsToClient',
  'retransmits',
  'rttSamples',
  'rttMicros',
] as const satisfies readonly CounterName[];

type Known = Readonly<Record<CounterName, ArrayLike<number>>>;
type Prediction = (known: Known, row: number, isClient: boolean) => number;

/** What tells a counter from those before it, as weir/v1/ingest.proto has it; what is not here is near 0. */
export const predictions: Readonly<Partial<Record<CounterName, Prediction>>> = {
  attempts: ({ established, refused, unanswered }, row, isClient) =>
    isClient ? (established[row] as number) + (refused[row] as number) + (unanswered[row] as number) : 0,
  synPackets: ({ attempts, established }, row) => Math.max(attempts[row] as number, established[row] as number),
  packetsToClient: ({ packetsToServer }, row) => packetsToServer[row] as number,
  rttSamples: ({ established }, row) => established[row] as number,
};

/**
 * How exactly it is kept when an edge was first and last seen. Nothing needs it better: a batch's addresses are looked
 * up with half a minute's tolerance, questions about a span of time are answered with whole windows, and people read
 * seconds. It widens the span that an edge was seen in, never narrows it.
 */
export const timeUnitMs: Milliseconds = 100;

/** A time of the unit that the window begins in is the window's begin, as one of the unit it ends in is its end. */
export function unitBefore(time: UnixMs): number {
  return Math.floor(time / timeUnitMs);
}

export function unitAfter(time: UnixMs): number {
  return Math.ceil(time / timeUnitMs);
}
