import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Milliseconds } from '../../core/time.ts';

/** Does a piece of work when its turn has come. */
export type InTurn = <Result>(work: () => Result) => Promise<Result>;

/**
 * Shares the event loop: work that takes its turn here goes on for some milliseconds of a turn of the loop, and what is
 * left waits for the next ones, in the order in which it came. Answers and keep-alives get through in between.
 */
export class Turns {
  readonly #sliceMs: Milliseconds;
  readonly #ready: () => Promise<void>;
  #endMs: Milliseconds = 0;
  #next: Promise<void> | null = null;

  /** @param ready resolves when whoever comes next has room for what is done here */
  constructor(sliceMs: Milliseconds, ready: () => Promise<void>) {
    this.#sliceMs = sliceMs;
    this.#ready = ready;
  }

  /** Does a piece of work when its turn has come. */
  async run<Result>(work: () => Result): Promise<Result> {
    while (performance.now() >= this.#endMs) {
      this.#next ??= this.#begin();
      await this.#next;
    }
    return work();
  }

  async #begin(): Promise<void> {
    await this.#ready();
    await nextTurn();
    this.#endMs = performance.now() + this.#sliceMs;
    this.#next = null;
  }
}
