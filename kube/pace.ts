import { setTimeout as wait } from 'node:timers/promises';
import type { Milliseconds, UnixMs } from '../core/time.ts';

/** Time and chance, for tests to decide. */
export interface Pace {
  readonly now: () => UnixMs;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  /** Resolves after the time or, at once, when the signal is aborted. */
  readonly sleep: (ms: Milliseconds, signal: AbortSignal) => Promise<void>;
}

export const systemPace: Pace = {
  now: Date.now,
  random: Math.random,
  sleep: async (ms, signal) => {
    try {
      await wait(ms, undefined, { signal });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  },
};
