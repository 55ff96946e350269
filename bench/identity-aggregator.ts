import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Run } from './bench.ts';

/** What the aggregator's index of 150,000 pods on 5,000 nodes takes and does. */
export interface AggregatorReading {
  /** Resident memory of a process with the objects, the index, and a snapshot, after a tenth of the pods were replaced. */
  readonly rss_mb: number;
  /** Addresses of pods, in no order, to workloads. */
  readonly lookups_per_s: number;
  /** Lines of a watch, 4 kB each, from their text to the index; pods that are replaced, and updates that change nothing. */
  readonly apply_events_per_s: number;
}

/** Measures in a process of its own; look-ups and events for `run.seconds` each. Loading takes a quarter of a minute. */
export async function measureAggregator({ seconds, abort, progress }: Run): Promise<AggregatorReading> {
  abort.throwIfAborted();
  progress('loading 150,000 pods into the index');
  const worker = fork(join(import.meta.dirname, 'identity-worker.js'), [String(seconds)], { signal: abort });
  const ended = once(worker, 'exit').then(([code]) => {
    throw new Error(`the process that measures ended with ${code}`);
  });
  const [reading] = (await Promise.race([once(worker, 'message', { signal: abort }), ended])) as [AggregatorReading];
  await ended.catch(() => undefined);
  return reading;
}
