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
/**
 * What a counter is expected to be in each row. @param isClient for each row 1 where a client reports it, else 0.
 * @param room as many places as there are rows, in which the answer may be
 */
type Prediction = (known: Known, isClient: Uint8Array, room: Float64Array) => ArrayLike<number>;

/** What tells a counter from those before it, as weir/v1/ingest.proto has it; what is not here is near 0. */
export const predictions: Readonly<Partial<Record<CounterName, Prediction>>> = {
  attempts: ({ established, refused, unanswered }, isClient, room) => {
    for (let row = 0; row < room.length; row++) {
      const ended = (established[row] as number) + (refused[row] as number) + (unanswered[row] as number);
      room[row] = isClient[row] === 1 ? ended : 0;
    }
    return room;
  },
  synPackets: ({ attempts, established }, _, room) => {
    for (let row = 0; row < room.length; row++) {
      room[row] = Math.max(attempts[row] as number, established[row] as number);
    }
    return room;
  },
  packetsToClient: ({ packetsToServer }) => packetsToServer,
  rttSamples: ({ established }) => established,
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
