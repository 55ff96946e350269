import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BatchId } from './batch-id.ts';

const stateFile = 'state';
/** The state that belongs to the batch which is about to be kept. Its first line names that batch. */
const nextStateFile = 'state.next';

function nameOf({ epoch, sequence }: BatchId): string {
  return `${epoch} ${sequence}`;
}

function read(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
}

/**
 * The state of what batches are made from, kept with each, so that a later start neither tells again what is in a batch
 * nor leaves out what is in none: a state counts once its batch is in the spool.
 */
export class StateFile {
  readonly #folder: string;
  /** The batch of the proposed state was kept, and that could not be written down. */
  #unconfirmed = false;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The state of the last batch that was kept. @param newest the newest batch in the spool; null when there is none */
  read(newest: BatchId | null): Buffer | null {
    const next = read(join(this.#folder, nextStateFile));
    const end = next?.indexOf('\n') ?? -1;
    // The batch itself is the one thing that tells whether it was kept: it cannot have been acknowledged yet.
    const kept = newest !== null && next?.toString('utf8', 0, Math.max(end, 0)) === nameOf(newest);
    if (kept) this.#rename();
    const state = read(join(this.#folder, stateFile));
    return state === null ? null : state.subarray(state.indexOf('\n') + 1);
  }

  /** Keeps the state of before the first batch. @throws Error of the file system */
  begin(state: Uint8Array): void {
    this.#write(nextStateFile, Buffer.concat([Buffer.from('\n'), state]));
    this.#rename();
  }

  /** To be called before a batch is kept, and `confirm` after it was. @throws Error of the file system */
  propose(id: BatchId, state: Uint8Array): void {
    if (this.#unconfirmed) this.#rename();
    this.#write(nextStateFile, Buffer.concat([Buffer.from(`${nameOf(id)}\n`), state]));
  }

  confirm(): void {
    try {
      this.#rename();
    } catch {
      // The proposed state tells by itself whose it is. It must only not be overwritten before this could be done.
      this.#unconfirmed = true;
    }
  }

  #rename(): void {
    renameSync(join(this.#folder, nextStateFile), join(this.#folder, stateFile));
    this.#unconfirmed = false;
  }

  /** A reader sees the whole file or none of it. */
  #write(name: string, bytes: Uint8Array): void {
    const path = join(this.#folder, name);
    writeFileSync(`${path}.tmp`, bytes);
    renameSync(`${path}.tmp`, path);
  }
}
