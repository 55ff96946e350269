import { setTimeout as sleep } from 'node:timers/promises';
import type { Milliseconds } from '../core/time.ts';

const pollMs = 20;

/** Sleeps, or throws at once when the bench is asked to end. */
export async function pause(ms: Milliseconds, abort: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal: abort });
}

/** Looks again and again. @returns whether it came to hold in time */
export async function comesToHold(holds: () => boolean, withinMs: Milliseconds, abort: AbortSignal): Promise<boolean> {
  const endMs = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > endMs) return false;
    await pause(pollMs, abort);
  }
  return true;
}
