import type { ResponseStream } from '../../proto/services.ts';

/** How many responses may be looked at before they are written. */
const maxWaiting = 8;

/** Writes responses in order, after asking for each whether it may be; ends the stream when it may not. */
export class GuardedStream implements ResponseStream<unknown> {
  readonly #to: ResponseStream<unknown>;
  readonly #check: () => Promise<void>;
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;
  #isOver = false;
  #takesMore = true;
  #onReady: () => void = () => undefined;

  /** @param check whether the caller may still read; a rejection ends the stream */
  constructor(to: ResponseStream<unknown>, check: () => Promise<void>) {
    this.#to = to;
    this.#check = check;
    to.onClosed(() => {
      this.#isOver = true;
    });
    to.onReady(() => {
      this.#takesMore = true;
      this.#tell();
    });
  }

  open(): void {
    this.#to.open();
  }

  write(response: unknown): boolean {
    this.#waiting++;
    this.#last = this.#last.then(() => this.#write(response));
    return this.#isReady;
  }

  end(): void {
    this.#last = this.#last.then(() => this.#end());
  }

  fail(reason: unknown): void {
    this.#last = this.#last.then(() => this.#fail(reason));
  }

  onReady(callback: () => void): void {
    this.#onReady = callback;
  }

  onClosed(callback: () => void): void {
    this.#to.onClosed(callback);
  }

  get #isReady(): boolean {
    return this.#takesMore && this.#waiting < maxWaiting;
  }

  async #write(response: unknown): Promise<void> {
    try {
      if (this.#isOver) return;
      await this.#check();
      // It may have been closed meanwhile.
      if (!this.#isOver) this.#takesMore = this.#to.write(response);
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#waiting--;
      this.#tell();
    }
  }

  #tell(): void {
    if (this.#isReady && !this.#isOver) this.#onReady();
  }

  #fail(error: unknown): void {
    if (!this.#isOver) this.#to.fail(error);
    this.#isOver = true;
  }

  #end(): void {
    if (!this.#isOver) this.#to.end();
    this.#isOver = true;
  }
}
