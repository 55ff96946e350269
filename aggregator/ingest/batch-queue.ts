import type { HeldBatch } from './held-batch.ts';

/**
 * The batches of one stream that wait for their turn, one after the other. What waits has nothing made for it but the
 * batch itself: it waits for long where many streams do, and would be taken for old.
 */
export class BatchQueue {
  readonly #inTurn: (work: () => void) => void;
  readonly #serve: (batch: HeldBatch) => Promise<void>;
  readonly #waiting: HeldBatch[] = [];
  #isServing = false;

  /**
   * @param inTurn does a piece of work when its turn has come
   * @param serve resolves when the next batch may have its turn; never rejects
   */
  constructor(inTurn: (work: () => void) => void, serve: (batch: HeldBatch) => Promise<void>) {
    this.#inTurn = inTurn;
    this.#serve = serve;
  }

  push(batch: HeldBatch): void {
    this.#waiting.push(batch);
    if (this.#isServing) return;
    this.#isServing = true;
    this.#inTurn(this.#next);
  }

  readonly #next = (): void => {
    const batch = this.#waiting.shift();
    if (batch !== undefined) void this.#serve(batch).then(this.#served);
  };

  readonly #served = (): void => {
    if (this.#waiting.length > 0) this.#inTurn(this.#next);
    else this.#isServing = false;
  };
}
