import type { Logger } from 'pino';
import { WeirError } from '../../core/errors.ts';
import type { Milliseconds } from '../../core/time.ts';
import type { ClusterSource } from './source.ts';

/**
 * Waits for the first state of the cluster, for so long at most: flows that are named without it would be named wrong
 * for good, but a part of it that never comes must not hold up everything else.
 */
export class FirstState {
  /** Resolves when there is one, or the time is over. Rejects with SHUTTING_DOWN when it was stopped before. */
  readonly settled: Promise<void>;
  #end: (error: WeirError) => void = () => undefined;
  #timer: NodeJS.Timeout | null = null;

  constructor(source: ClusterSource, waitMs: Milliseconds, log: Logger) {
    const stopped = new Promise<never>((_, reject) => {
      this.#end = reject;
    });
    const over = new Promise<void>((resolve) => {
      this.#timer = setTimeout(() => {
        log.error({ waitMs, missing: source.problems() }, 'flows are named without the whole state of the cluster');
        resolve();
      }, waitMs);
    });
    this.settled = Promise.race([source.known, over, stopped]).finally(() => this.#clear());
    // Whoever waits is told; it is no fault when nobody does.
    this.settled.catch(() => undefined);
  }

  /** Whoever still waits is turned away. */
  stop(): void {
    this.#clear();
    this.#end(new WeirError('SHUTTING_DOWN', 'the state of the cluster was not known yet; connect again later'));
  }

  #clear(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
