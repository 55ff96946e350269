/** Lets many read at a time or one write alone, in the order in which they ask. */
export class ReadWriteLock {
  #lastWrite: Promise<unknown> = Promise.resolve();
  readonly #reads = new Set<Promise<unknown>>();

  /** Runs what reads; nothing is written meanwhile. */
  read<Result>(work: () => Promise<Result>): Promise<Result> {
    const run = this.#lastWrite.then(work);
    const ended = run.then(ignored, ignored);
    this.#reads.add(ended);
    void ended.then(() => this.#reads.delete(ended));
    return run;
  }

  /** Runs what writes when all that asked before have ended. */
  write<Result>(work: () => Promise<Result>): Promise<Result> {
    const before = [this.#lastWrite, ...this.#reads];
    const run = Promise.all(before).then(work);
    this.#lastWrite = run.then(ignored, ignored);
    return run;
  }
}

/** Whoever asked is told; the next in line is not. */
function ignored(): void {}
