import type { Milliseconds, UnixMs } from '../../core/time.ts';

/** Remembers when which segment was the last, so that it is known which are older than the tail of the log. */
export class Tail {
  readonly #lengthMs: Milliseconds;
  #marks: { readonly unixMs: UnixMs; readonly id: number }[] = [];

  /** @param lengthMs for how long segments stay as they are */
  constructor(lengthMs: Milliseconds) {
    this.#lengthMs = lengthMs;
  }

  /** @returns through which segment all were there already when the tail began; 0 while that is not known */
  mark(unixMs: UnixMs, id: number): number {
    this.#marks.push({ unixMs, id });
    const past = this.#marks.findLastIndex((mark) => mark.unixMs <= unixMs - this.#lengthMs);
    this.#marks = this.#marks.slice(Math.max(past, 0));
    return past === -1 ? 0 : (this.#marks[0]?.id ?? 0);
  }
}
