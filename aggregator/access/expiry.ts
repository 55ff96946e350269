import type { Clock, UnixMs } from '../../core/time.ts';

/** Timers of Node.js take no longer time. */
const longestMs = 2 ** 31 - 1;

/** Calls back once a moment has come, however far away it is. */
export class Expiry {
  readonly #unixMs: UnixMs;
  readonly #clock: Clock;
  readonly #reached: () => void;
  #timer: NodeJS.Timeout;

  constructor(unixMs: UnixMs, clock: Clock, reached: () => void) {
    this.#unixMs = unixMs;
    this.#clock = clock;
    this.#reached = reached;
    this.#timer = this.#wait();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #wait(): NodeJS.Timeout {
    const leftMs = this.#unixMs - this.#clock.now();
    const timer = setTimeout(
      () => {
        if (this.#clock.now() >= this.#unixMs) this.#reached();
        else this.#timer = this.#wait();
      },
      Math.min(Math.max(leftMs, 0), longestMs),
    );
    timer.unref();
    return timer;
  }
}
