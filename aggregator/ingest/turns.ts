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
  #waiting: (() => void)[] = [];
  #isRunning = false;

  /** @param ready resolves when whoever comes next has room for what is done here */
  constructor(sliceMs: Milliseconds, ready: () => Promise<void>) {
    this.#sliceMs = sliceMs;
    this.#ready = ready;
  }

  /** Does a piece of work when its turn has come. @param work never throws */
  queue(work: () => void): void {
    this.#waiting.push(work);
    if (!this.#isRunning) void this.#run();
  }

  /** The same for work that may throw, or that somebody waits for. */
  run<Result>(work: () => Result): Promise<Result> {
    const attempt = async () => work();
    return new Promise((resolve) => this.queue(() => resolve(attempt())));
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#waiting.length > 0) {
      // What was done before has gone on by then, and counts in whether there is room.
      await nextTurn();
      await this.#ready();
      const endMs = performance.now() + this.#sliceMs;
      let done = 0;
      do (this.#waiting[done++] as () => void)();
      while (done < this.#waiting.length && performance.now() < endMs);
      this.#waiting = this.#waiting.slice(done);
    }
    this.#isRunning = false;
  }
}
