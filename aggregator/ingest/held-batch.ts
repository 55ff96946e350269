import type * as wire from '../../proto/wire.ts';
import type { Arena, Extent } from '../graph/arena.ts';
import { BlockMemory, type ColumnMemory } from '../../proto/column-memory.ts';
import type { BlockPool } from './block-pool.ts';

/** Where batches lie that are under way. */
export interface BatchMemory {
  readonly bodies: Arena;
  readonly columns: BlockPool;
}

/**
 * A batch from when it arrives until it is committed and counted, or refused: its bytes lie in memory that is used again
 * for others then, as do the columns that are read of it.
 */
export class HeldBatch {
  readonly #memory: BatchMemory;
  readonly #extent: Extent;
  readonly #length: number;
  readonly #crc32: number;
  readonly #blocks: ArrayBuffer[] = [];
  /** Where the columns that are read of it lie, while it is not over. */
  readonly columns: ColumnMemory = new BlockMemory((bytes) => this.#newBlock(bytes));
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

  #newBlock(bytes: number): ArrayBuffer {
    if (this.#isOver) throw new RangeError('the batch is over');
    const block = this.#memory.columns.take(bytes);
    this.#blocks.push(block);
    return block;
  }

  /** Nobody looks at it any more. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#memory.bodies.giveBack(this.#extent);
    for (const block of this.#blocks) this.#memory.columns.giveBack(block);
  }
}
