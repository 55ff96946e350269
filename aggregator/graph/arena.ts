import { aligned } from '../../proto/column-memory.ts';
import { freeMemory } from './free-memory.ts';

interface Chunk {
  readonly memory: ArrayBuffer;
  used: number;
  /** How many extents in it are not given back. */
  extents: number;
}

/** A piece of an arena's memory, until it is given back. */
export interface Extent {
  readonly chunk: Chunk;
  readonly from: number;
}

/**
 * Memory for what is kept for seconds, given out from large chunks, each of which is used again once all in it was given
 * back. What lives as long in memory of its own is too old for the collector of young garbage and gone before the next
 * collection of all, which would come the sooner for it.
 */
export class Arena {
  readonly #chunkBytes: number;
  readonly #maxFree: number;
  readonly #free: Chunk[] = [];
  #current: Chunk;

  /**
   * @param chunkBytes the size of a chunk; what is larger has one of its own
   * @param maxFree how many chunks are kept while nobody needs them
   */
  constructor(chunkBytes: number, maxFree: number) {
    this.#chunkBytes = chunkBytes;
    this.#maxFree = maxFree;
    this.#current = { memory: new ArrayBuffer(0), used: 0, extents: 0 };
  }

  /** How many chunks nobody needs at the moment. */
  get freeChunks(): number {
    return this.#free.length;
  }

  /** @returns memory for so many bytes, whatever is in it */
  take(bytes: number): Extent {
    if (this.#current.used + bytes > this.#current.memory.byteLength) this.#current = this.#chunkFor(bytes);
    const chunk = this.#current;
    const from = chunk.used;
    chunk.used = from + aligned(bytes);
    chunk.extents++;
    return { chunk, from };
  }

  #chunkFor(bytes: number): Chunk {
    if (bytes > this.#chunkBytes) return { memory: new ArrayBuffer(bytes), used: 0, extents: 0 };
    return this.#free.pop() ?? { memory: new ArrayBuffer(this.#chunkBytes), used: 0, extents: 0 };
  }

  /** Gives memory back, once: nobody looks at it any more. */
  giveBack({ chunk }: Extent): void {
    chunk.extents--;
    if (chunk.extents > 0) return;
    chunk.used = 0;
    if (chunk === this.#current) return;
    const isOrdinary = chunk.memory.byteLength === this.#chunkBytes;
    if (isOrdinary && this.#free.length < this.#maxFree) this.#free.push(chunk);
    else freeMemory([chunk.memory]);
  }
}
