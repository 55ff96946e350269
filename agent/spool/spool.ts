import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, WeirError } from '../../core/errors.ts';

/** A batch's place in the order of its node's batches: epochs first, then sequences. */
export interface BatchId {
  readonly epoch: number;
  readonly sequence: number;
}

export function compareBatchIds(a: BatchId, b: BatchId): number {
  return a.epoch - b.epoch || a.sequence - b.sequence;
}

interface Entry {
  readonly id: BatchId;
  readonly file: string;
  readonly bytes: number;
}

const epochFile = 'epoch';
const stateFile = 'state';
/** The state that belongs to the batch which is about to be kept. Its first line names that batch. */
const nextStateFile = 'state.next';
const batchFile = /^(\d+)-(\d+)\.batch$/;

/** Large enough that file names sort as the ids do. */
const digits = 16;

function nameOf({ epoch, sequence }: BatchId): string {
  return `${String(epoch).padStart(digits, '0')}-${String(sequence).padStart(digits, '0')}.batch`;
}

/**
 * Batches that are not acknowledged yet, one file each, so that they outlive the agent. When the bound is reached the
 * oldest go, and are counted. With every batch goes the state of what it was made from, so that a later start neither
 * tells again what is in a batch nor leaves out what is in none: a state counts once its batch is there.
 */
export class Spool {
  readonly #folder: string;
  readonly #maxBytes: number;
  readonly #epoch: number;
  #sequence = 0;
  #entries: Entry[] = [];
  #bytes = 0;
  #droppedBatches = 0;
  readonly #state: Buffer | null;

  /**
   * Opens a folder and makes it when it is missing; batches of earlier starts are still there to be sent.
   * @param now Unix milliseconds; the epoch of this start, unless an earlier start had a later one
   * @throws WeirError SPOOL
   */
  constructor(folder: string, maxBytes: number, now: number) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
    try {
      mkdirSync(folder, { recursive: true });
      this.#entries = this.#list();
      this.#bytes = this.#entries.reduce((sum, { bytes }) => sum + bytes, 0);
      this.#state = this.#readState();
      this.#epoch = Math.max(now, this.#lastEpoch() + 1);
      this.#write(epochFile, Buffer.from(String(this.#epoch)));
    } catch (error) {
      const what = `${folder}: ${messageOf(error)}; give a folder that can be written with --spool`;
      throw new WeirError('SPOOL', what, { cause: error });
    }
  }

  #list(): Entry[] {
    return readdirSync(this.#folder)
      .toSorted()
      .flatMap((name) => {
        const match = batchFile.exec(name);
        if (match === null) return [];
        const file = join(this.#folder, name);
        const id = { epoch: Number(match[1]), sequence: Number(match[2]) };
        return [{ id, file, bytes: statSync(file).size }];
      });
  }

  #lastEpoch(): number {
    const pending = this.#entries.at(-1)?.id.epoch ?? 0;
    try {
      const written = Number(readFileSync(join(this.#folder, epochFile), 'utf8'));
      return Number.isSafeInteger(written) ? Math.max(written, pending) : pending;
    } catch {
      // The first start in this folder.
      return pending;
    }
  }

  /** The state of the last batch that was kept. */
  #readState(): Buffer | null {
    const next = this.#read(nextStateFile);
    const end = next?.indexOf('\n') ?? -1;
    // The batch's file is the one thing that tells whether it was kept: no later batch can have been acknowledged.
    if (next !== null && end >= 0 && this.#entries.some(({ file }) => file.endsWith(next.toString('utf8', 0, end)))) {
      renameSync(join(this.#folder, nextStateFile), join(this.#folder, stateFile));
    }
    const state = this.#read(stateFile);
    return state === null ? null : state.subarray(state.indexOf('\n') + 1);
  }

  #read(name: string): Buffer | null {
    try {
      return readFileSync(join(this.#folder, name));
    } catch {
      return null;
    }
  }

  /** Keeps the state of before the first batch. */
  begin(state: Uint8Array): void {
    this.#write(stateFile, Buffer.concat([Buffer.from('\n'), state]));
  }

  /** State that an earlier start kept with its last batch; null when there is none. */
  get state(): Buffer | null {
    return this.#state;
  }

  /** A reader sees the whole file or none of it. */
  #write(name: string, bytes: Uint8Array): void {
    const temporary = join(this.#folder, `${name}.tmp`);
    writeFileSync(temporary, bytes);
    renameSync(temporary, join(this.#folder, name));
  }

  /** Batches that wait for an acknowledgement, oldest first. */
  get pending(): readonly BatchId[] {
    return this.#entries.map(({ id }) => id);
  }

  get pendingBytes(): number {
    return this.#bytes;
  }

  /** Batches that went because the bound was reached, since the start. */
  get droppedBatches(): number {
    return this.#droppedBatches;
  }

  /**
   * Keeps one batch. @param encode makes its bytes for the id that it gets
   * @param state of what it was made from, to be found by a later start if and only if the batch was kept
   * @returns batches dropped to make room
   */
  append(encode: (id: BatchId) => Uint8Array, state: Uint8Array): number {
    const id = { epoch: this.#epoch, sequence: ++this.#sequence };
    const bytes = encode(id);
    this.#write(nextStateFile, Buffer.concat([Buffer.from(`${nameOf(id)}\n`), state]));
    this.#write(nameOf(id), bytes);
    renameSync(join(this.#folder, nextStateFile), join(this.#folder, stateFile));
    this.#entries.push({ id, file: join(this.#folder, nameOf(id)), bytes: bytes.length });
    this.#bytes += bytes.length;
    let dropped = 0;
    while (this.#bytes > this.#maxBytes && this.#entries.length > 1) {
      this.#shift();
      dropped++;
    }
    this.#droppedBatches += dropped;
    return dropped;
  }

  /** The oldest batch after `after` (null: the oldest of all); null when there is none. */
  next(after: BatchId | null): { readonly id: BatchId; readonly bytes: Uint8Array } | null {
    const entry = this.#entries.find(({ id }) => after === null || compareBatchIds(id, after) > 0);
    return entry === undefined ? null : { id: entry.id, bytes: readFileSync(entry.file) };
  }

  /** Forgets every batch up to and including this one. @returns how many there were */
  acknowledge(through: BatchId): number {
    let count = 0;
    while (this.#entries[0] !== undefined && compareBatchIds(this.#entries[0].id, through) <= 0) {
      this.#shift();
      count++;
    }
    return count;
  }

  /** Gives up the oldest batch, because the aggregator cannot read it; it counts as dropped. */
  rejectOldest(): BatchId | null {
    const oldest = this.#entries[0];
    if (oldest === undefined) return null;
    this.#shift();
    this.#droppedBatches++;
    return oldest.id;
  }

  #shift(): void {
    const entry = this.#entries.shift() as Entry;
    this.#bytes -= entry.bytes;
    unlinkSync(entry.file);
  }
}
