import { constants, fdatasyncSync, openSync, readSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { BatchId } from './batch-id.ts';

/** What has to outlive the agent besides its batches. */
export interface Marked {
  /** Batches up to this one may have been sent; null when none was. */
  readonly sent: BatchId | null;
  /** Batches up to this one are not in the spool any more; null when there were none. */
  readonly forgotten: BatchId | null;
  /** Records of batches that were given up, which no acknowledged batch has told of. */
  readonly lostRecords: number;
}

/** Always the same length, so that nothing is left of what was written before. */
const jsonBytes = 180;
const checksumBytes = 10;

/**
 * The marks of a spool in one short file, which is written in place so that it can be even on a full disk. They are
 * synced to the disk, also against a power failure: that each batch counts once rests on knowing what may have been
 * sent.
 */
export class Marks {
  readonly #file: number;

  /** @throws Error of the file system */
  constructor(path: string) {
    this.#file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o644);
  }

  /** Null when there are none, or they are damaged. */
  read(): Marked | null {
    const bytes = Buffer.alloc(jsonBytes + checksumBytes);
    if (readSync(this.#file, bytes, 0, bytes.length, 0) < bytes.length) return null;
    const json = bytes.subarray(0, jsonBytes);
    if (Number(bytes.toString('latin1', jsonBytes)) !== crc32(json)) return null;
    return JSON.parse(json.toString('latin1')) as Marked;
  }

  /** @throws Error of the file system */
  write(marked: Marked): void {
    const json = Buffer.from(JSON.stringify(marked).padEnd(jsonBytes), 'latin1');
    writeSync(
      this.#file,
      Buffer.concat([json, Buffer.from(String(crc32(json)).padEnd(checksumBytes))]),
      0,
      undefined,
      0,
    );
    fdatasyncSync(this.#file);
  }
}
