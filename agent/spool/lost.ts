import { type BatchId, compareBatchIds } from './batch-id.ts';

/** The stage under which records are counted that were given up because they could not be kept or sent. */
export const spoolStage = 'spool';

/** Records that were given up, until a batch that tells of them is committed. */
export class LostRecords {
  /** No batch tells of them yet. */
  #untold: number;
  #telling: readonly { readonly id: BatchId; readonly records: number }[] = [];

  constructor(untold: number) {
    this.#untold = untold;
  }

  get total(): number {
    return this.#telling.reduce((sum, { records }) => sum + records, this.#untold);
  }

  add(records: number): void {
    this.#untold += records;
  }

  /** Lets a batch tell of all that none tells of. */
  tellWith(id: BatchId): void {
    if (this.#untold > 0) this.#telling = [...this.#telling, { id, records: this.#untold }];
    this.#untold = 0;
  }

  toldBy(id: BatchId): number {
    return this.#telling.find((each) => compareBatchIds(each.id, id) === 0)?.records ?? 0;
  }

  /** A batch is given up, and so is what it told of. */
  takeBack(id: BatchId): void {
    this.#untold += this.toldBy(id);
    this.#telling = this.#telling.filter((each) => compareBatchIds(each.id, id) !== 0);
  }

  /** Batches up to this one are committed. @returns whether any of them told of something */
  forgetThrough(id: BatchId): boolean {
    const before = this.#telling.length;
    this.#telling = this.#telling.filter((each) => compareBatchIds(each.id, id) > 0);
    return this.#telling.length < before;
  }
}
