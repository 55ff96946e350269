import { WeirError } from '../../core/errors.ts';
import type { ColumnBatch } from '../../proto/column-batch.ts';
import { BatchReader } from '../../proto/decode-batch.ts';
import type { ColumnMemory } from '../../proto/column-memory.ts';
import type { SharedTexts } from '../../proto/shared-texts.ts';
import type * as wire from '../../proto/wire.ts';

/** What becomes of a batch that arrived. */
export type Received =
  | { readonly type: 'batch'; readonly batch: ColumnBatch; readonly status: wire.AgentStatus | null }
  /** It cannot be read with what the stream said; `ask` is to be answered, and null while an answer is awaited. */
  | { readonly type: 'ignored'; readonly ask: wire.NeedDictionary | null }
  | { readonly type: 'refused'; readonly error: WeirError };

/** How often an agent is asked for its dictionary before a batch comes that can be read. */
const maxAsks = 3;

/** Reads the batches of one stream in order, and knows what has to be asked for. */
export class Inbox {
  readonly #node: string;
  readonly #reader: BatchReader;
  #lastTaken: wire.BatchId | null;
  #asks = 0;
  #isAwaiting = false;

  /** @param committed how far the node is committed. @param texts that are shared with other streams */
  constructor(node: string, committed: wire.BatchId | null, limits: wire.Limits, texts: SharedTexts) {
    this.#node = node;
    this.#lastTaken = committed;
    this.#reader = new BatchReader(limits, texts);
  }

  /** About how many bytes the stream's dictionary takes. */
  get dictionaryBytes(): number {
    return this.#reader.dictionaryBytes;
  }

  /** @param memory that the columns of the batch lie in */
  receive(frame: wire.Batch, memory: ColumnMemory): Received {
    const read = this.#reader.read(frame, memory);
    if (read.type === 'read') {
      const { epoch, sequence } = read.batch;
      this.#lastTaken = { epoch, sequence };
      this.#asks = 0;
      this.#isAwaiting = false;
      return { type: 'batch', batch: read.batch, status: read.status };
    }
    if (read.type === 'invalid' || this.#asks === maxAsks) {
      const { epoch, sequence } = this.#lastTaken ?? { epoch: 0, sequence: 0 };
      const what = `the batch behind ${epoch}/${sequence} of node ${this.#node}: ${read.message}`;
      return { type: 'refused', error: new WeirError('INGEST_INVALID', what) };
    }
    // What was under way when it was asked for. But what came damaged may have been the answer.
    if (this.#isAwaiting && read.type === 'unknown') return { type: 'ignored', ask: null };
    this.#asks++;
    this.#isAwaiting = true;
    return { type: 'ignored', ask: { after: this.#lastTaken, reason: read.message } };
  }
}
