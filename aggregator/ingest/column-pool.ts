/** The least that is made at once: the columns of an ordinary window. */
const leastNumbers = 8_192;

/**
 * Memory for the numbers of batches from when they are read until they are committed and counted, used again and again:
 * what would be made for each batch is most of what it takes, and has all of the heap collected every second.
 */
export class ColumnPool {
  readonly #maxNumbers: number;
  readonly #free: Float64Array[] = [];
  #freeNumbers = 0;

  /** @param maxNumbers how many are kept while nobody needs them */
  constructor(maxNumbers: number) {
    this.#maxNumbers = maxNumbers;
  }

  /** How many numbers nobody has at the moment. */
  get freeNumbers(): number {
    return this.#freeNumbers;
  }

  /** @returns memory for at least so many numbers, whatever is in it */
  take(numbers: number): Float64Array {
    const last = this.#free.pop();
    this.#freeNumbers -= last?.length ?? 0;
    if (last !== undefined && last.length >= numbers) return last;
    return new Float64Array(Math.max(leastNumbers, 2 ** Math.ceil(Math.log2(Math.max(numbers, 1)))));
  }

  /** Gives memory back, once: nobody looks at it any more. */
  giveBack(memory: Float64Array): void {
    if (this.#freeNumbers + memory.length > this.#maxNumbers) return;
    this.#free.push(memory);
    this.#freeNumbers += memory.length;
  }
}
