/** Where the columns of one batch lie, one behind the other. What is in them at first is anything. */
export interface ColumnMemory {
  float64(length: number): Float64Array;
  uint32(length: number): Uint32Array;
  uint8(length: number): Uint8Array;
}

/** What lies in it begins at multiples of so many bytes, which suits numbers of any width. */
const alignment = 8;

/** What a column of that many bytes takes. */
export function aligned(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}

/** Columns in few large blocks: a block for each would cost more than to fill it. */
export class BlockMemory implements ColumnMemory {
  readonly #newBlock: (bytes: number) => ArrayBuffer;
  #block: ArrayBuffer;
  #used: number;

  /**
   * @param newBlock gives at least so many bytes, whatever is in them; called for more when they are used up
   * @param block that it begins with, used up to there
   */
  constructor(newBlock: (bytes: number) => ArrayBuffer, block = new ArrayBuffer(0), used = 0) {
    this.#newBlock = newBlock;
    this.#block = block;
    this.#used = used;
  }

  /** In a block alone, from there on: what lies there comes in the order in which it was laid there. */
  static within(block: ArrayBuffer, from: number): BlockMemory {
    const full = (bytes: number) => {
      throw new RangeError(`the block has no room for ${bytes} bytes more`);
    };
    return new BlockMemory(full, block, from);
  }

  /** For columns that take about so many bytes together. */
  static ofSize(bytes: number): BlockMemory {
    return new BlockMemory((least) => new ArrayBuffer(Math.max(bytes, least)));
  }

  float64(length: number): Float64Array {
    const from = this.#take(8 * length);
    return new Float64Array(this.#block, from, length);
  }

  uint32(length: number): Uint32Array {
    const from = this.#take(4 * length);
    return new Uint32Array(this.#block, from, length);
  }

  uint8(length: number): Uint8Array {
    const from = this.#take(length);
    return new Uint8Array(this.#block, from, length);
  }

  #take(bytes: number): number {
    if (this.#used + bytes > this.#block.byteLength) {
      this.#block = this.#newBlock(bytes);
      this.#used = 0;
    }
    const from = this.#used;
    this.#used = from + aligned(bytes);
    return from;
  }
}
