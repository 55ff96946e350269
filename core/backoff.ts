import type { Milliseconds } from './time.ts';

/** Waits that double from one to the next, each shortened by up to half by chance, so that clients do not move as one. */
export class Backoff {
  readonly #firstMs: Milliseconds;
  readonly #longestMs: Milliseconds;
  readonly #random: () => number;
  #tries = 0;

  /** @param random from 0 up to, not including, 1 */
  constructor(firstMs: Milliseconds, longestMs: Milliseconds, random: () => number) {
    this.#firstMs = firstMs;
    this.#longestMs = longestMs;
    this.#random = random;
  }

  next(): Milliseconds {
    const wait = Math.min(this.#firstMs * 2 ** Math.min(this.#tries++, 30), this.#longestMs);
    return wait * (1 - this.#random() / 2);
  }

  reset(): void {
    this.#tries = 0;
  }
}
