import type * as wire from '../../proto/wire.ts';
import type { Arena, Extent } from '../graph/arena.ts';
import type { ColumnPool } from './column-pool.ts';

/** Where batches lie that are under way. */
export interface BatchMemory {
  readonly bodies: Arena;
  readonly numbers: ColumnPool;
}

/**
 * A batch from when it arrives until it is committed and counted, or refused: its bytes lie in memory that is used again
 * for others then, as do the numbers that are read of it.
 */
export class HeldBatch {
  readonly #memory: BatchMemory;
  readonly #extent: Extent;
  readonly #length: number;
  readonly #crc32: number;
  #numbers: Float64Array | null = null;
  #isOver = false;

  constructor({ body, crc32 }: wire.Batch, memory: BatchMemory) {
    this.#memory = memory;
    this.#extent = memory.bodies.take(body.length);
    this.#length = body.length;
    this.#crc32 = crc32;
    this.#body.set(body);
  }

  get #body(): Uint8Array {
    return new Uint8Array(this.#extent.chunk.memory, this.#extent.from, this.#length);
  }

  /** What was sent. */
  get message(): wire.Batch {
    return { body: this.#body, crc32: this.#crc32 };
  }

  /** Memory for so many numbers, whatever is in it. To be called once at most. */
  takeNumbers(count: number): Float64Array {
    if (this.#numbers !== null || this.#isOver) throw new RangeError('the numbers of a batch are read once');
    this.#numbers = this.#memory.numbers.take(count);
    return this.#numbers;
  }

  /** Nobody looks at it any more. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#memory.bodies.giveBack(this.#extent);
    if (this.#numbers !== null) this.#memory.numbers.giveBack(this.#numbers);
    this.#numbers = null;
  }
}
