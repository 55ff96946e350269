import { freeMemory } from '../graph/free-memory.ts';

/** The least that is made at once, in bytes: the columns of an ordinary window. */
const leastBytes = 2 ** 16;

/**
 * Memory for the columns of batches from when they are read until they are committed and counted, used again and again:
 * what would be made for each batch is most of what it takes, and has all of the heap collected every second.
 */
export class BlockPool {
  readonly #maxBytes: number;
  readonly #free: ArrayBuffer[] = [];
  #freeBytes = 0;

  /** @param maxBytes how many are kept while nobody needs them */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** How many bytes nobody has at the moment. */
  get freeBytes(): number {
    return this.#freeBytes;
  }

  /** @returns at least so many bytes, whatever is in them */
  take(bytes: number): ArrayBuffer {
    const last = this.#free.pop();
    this.#freeBytes -= last?.byteLength ?? 0;
    if (last !== undefined && last.byteLength >= bytes) return last;
    if (last !== undefined) freeMemory([last]);
    return new ArrayBuffer(Math.max(leastBytes, 2 ** Math.ceil(Math.log2(Math.max(bytes, 1)))));
  }

  /** Gives a block back, once: nobody looks at it any more. */
  giveBack(block: ArrayBuffer): void {
    if (this.#freeBytes + block.byteLength > this.#maxBytes) {
      freeMemory([block]);
      return;
    }
    this.#free.push(block);
    this.#freeBytes += block.byteLength;
  }
}
