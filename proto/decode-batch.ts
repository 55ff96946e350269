import { crc32 } from 'node:zlib';
import { messageOf } from '../core/errors.ts';
import { check, decodeCounts, Invalid, isCount, Unknown } from './check.ts';
import { BlockMemory, type ColumnMemory } from './column-memory.ts';
import type { CodedNumbers, ColumnBatch } from './column-batch.ts';
import { addAdditions } from './decode-additions.ts';
import { decodeRows, noRows } from './decode-rows.ts';
import { Dictionary } from './dictionary.ts';
import { byteFormOf } from './load.ts';
import { SharedTexts } from './shared-texts.ts';
import type * as wire from './wire.ts';

/**
 * A batch that was read, with the status that its agent sent along; or why not. `damaged`: it is not as it was sent.
 * `unknown`: it refers to what its stream did not say. After both its agent has to begin its dictionary anew; the reader
 * takes nothing else until then. `invalid`: it will never be readable.
 */
export type ReadBatch =
  | { readonly type: 'read'; readonly batch: ColumnBatch; readonly status: wire.AgentStatus | null }
  | { readonly type: 'damaged'; readonly message: string }
  | { readonly type: 'unknown'; readonly message: string }
  | { readonly type: 'invalid'; readonly message: string };

/** The longest window that is believed, in milliseconds: a day. */
export const maxWindowMs = 86_400_000;

/** Of memory that is a batch's own, in bytes: the columns of a small window. */
const leastBlock = 4_096;
/** An agent believes what it spooled itself. */
const ownLimits = { maxRows: 2 ** 24, maxBatchBytes: 2 ** 30, maxDictionaryEntries: 2 ** 25 };

const byteForm = byteFormOf<wire.BatchBody>('weir.v1.BatchBody');

function parse(body: Uint8Array): wire.BatchBody {
  try {
    return byteForm.deserialize(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
  } catch (error) {
    throw new Invalid(`not the bytes of a batch: ${messageOf(error)}`);
  }
}

function decodeFrame(body: wire.BatchBody): Omit<ColumnBatch, 'rows'> {
  const { id, windowStartUnixMs: startUnixMs, windowEndUnixMs: endUnixMs } = body;
  check(id !== null, 'the batch has no id');
  const { epoch, sequence } = id;
  check(isCount(epoch) && epoch > 0, `epoch ${epoch} is not a time`);
  check(isCount(sequence) && sequence > 0, `sequence ${sequence} does not count from 1`);
  const firstSequence = body.firstSequence === 0 ? sequence : body.firstSequence;
  check(isCount(firstSequence) && firstSequence <= sequence, `first_sequence ${firstSequence} is behind ${sequence}`);
  check(isCount(startUnixMs) && isCount(endUnixMs), 'the window is not a span of time');
  check(startUnixMs < endUnixMs && endUnixMs - startUnixMs <= maxWindowMs, 'the window is empty or longer than a day');
  const losses = decodeCounts(
    body.losses.map(({ stage, events }) => [stage, events]),
    'loss at',
  );
  return { epoch, firstSequence, sequence, window: { startUnixMs, endUnixMs }, losses };
}

/** Reads the batches of one stream, believing nothing. Never throws for what was sent. */
export class BatchReader {
  readonly #limits: wire.Limits;
  readonly #texts: SharedTexts;
  /** Null while nothing is taken but a batch that resets. */
  #dictionary: Dictionary | null = null;
  #previousCrc32 = 0;

  /** @param texts that its dictionary shares with those of other streams */
  constructor(limits: wire.Limits, texts = new SharedTexts(0)) {
    this.#limits = limits;
    this.#texts = texts;
  }

  /** About how many bytes its dictionary takes. */
  get dictionaryBytes(): number {
    return this.#dictionary?.bytes ?? 0;
  }

  /** @param memory that the columns of the batch lie in, where it is not to be its own */
  read({ body: bytes, crc32: expected }: wire.Batch, memory?: ColumnMemory): ReadBatch {
    const dictionary = this.#dictionary;
    this.#dictionary = null;
    let resets = false;
    try {
      const { maxRows, maxBatchBytes, maxDictionaryEntries } = this.#limits;
      check(bytes.length <= maxBatchBytes, `it has ${bytes.length} bytes; at most ${maxBatchBytes} are taken`);
      if (crc32(bytes) !== expected) return { type: 'damaged', message: 'it was damaged on the way' };
      const body = parse(bytes);
      const frame = decodeFrame(body);
      ({ resets } = body);
      const known = resets ? new Dictionary() : this.#following(dictionary, body);
      addAdditions(body.additions, known, maxDictionaryEntries, this.#texts);
      const rows = decodeRows(bytes, body.rows, known, frame.window, maxRows, memory ?? BlockMemory.ofSize(leastBlock));
      this.#dictionary = known;
      this.#previousCrc32 = expected;
      return { type: 'read', batch: { ...frame, rows }, status: body.status };
    } catch (error) {
      if (error instanceof Invalid || (error instanceof Unknown && resets)) {
        return { type: 'invalid', message: error.message };
      }
      if (error instanceof Unknown) return { type: 'unknown', message: error.message };
      throw error;
    }
  }

  #following(dictionary: Dictionary | null, { previousCrc32 }: wire.BatchBody): Dictionary {
    if (dictionary === null) throw new Unknown('it refers to a dictionary that was not said');
    if (previousCrc32 !== this.#previousCrc32) throw new Unknown('the batch before it did not come');
    return dictionary;
  }
}

/** The numbers of a batch that was read before, as they are coded. @throws Invalid when it is no batch */
export function codedNumbersIn(body: Uint8Array): CodedNumbers {
  return parse(body).rows ?? noRows;
}

/** Reads what encodeAlone wrote. @throws Invalid when it is not that, or damaged */
export function decodeAlone(body: Uint8Array): ColumnBatch {
  const read = new BatchReader(ownLimits).read({ body, crc32: crc32(body) });
  if (read.type !== 'read') throw new Invalid(read.message);
  return read.batch;
}
