import {
  closeSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { bodyOf, type Found, findRecords, isWhole, type Label, makeRecord, type Place } from './record.ts';

/** A batch in a segment. */
export interface Entry extends Label, Place {
  readonly segment: Segment;
}

/** A batch that is to be written. */
export interface Content {
  readonly label: Label;
  readonly body: Uint8Array;
}

/** One file of the spool: records one behind the other, only ever appended to or replaced as a whole. */
export class Segment {
  readonly path: string;
  #bytes = 0;
  /** Open for appending; null when nothing is appended any more. */
  #file: number | null = null;
  /** Those of its batches that still wait, in the order of their ids. */
  entries: Entry[] = [];

  private constructor(path: string) {
    this.path = path;
  }

  /** Makes an empty one to append to. @throws Error of the file system */
  static make(path: string): Segment {
    const segment = new Segment(path);
    segment.#file = openSync(path, 'wx');
    return segment;
  }

  /**
   * Opens one of an earlier start, and cuts off what is damaged at its end.
   * @returns it, and how many bytes were cut off. @throws Error of the file system
   */
  static open(path: string): { readonly segment: Segment; readonly cutBytes: number } {
    const segment = new Segment(path);
    const contents = readFileSync(path);
    const found = findRecords(contents);
    segment.#hold(found);
    const cutBytes = contents.length - segment.#bytes;
    if (cutBytes > 0) truncateSync(path, segment.#bytes);
    return { segment, cutBytes };
  }

  #hold(found: readonly Found[]): void {
    this.entries = found.map(({ label, offset, length }) => ({ ...label, offset, length, segment: this }));
    const last = found.at(-1);
    this.#bytes = last === undefined ? 0 : last.offset + last.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @throws Error of the file system; then nothing was appended, and nothing more can be if the end is not clean */
  append({ label, body }: Content): Entry {
    if (this.#file === null) throw new Error(`${this.path} takes no more`);
    const record = makeRecord(label, body);
    try {
      for (let written = 0; written < record.length; ) {
        written += writeSync(this.#file, record, written, record.length - written, this.#bytes + written);
      }
    } catch (error) {
      this.#cutBack();
      throw error;
    }
    const entry = { ...label, offset: this.#bytes, length: record.length, segment: this };
    this.#bytes += record.length;
    this.entries.push(entry);
    return entry;
  }

  #cutBack(): void {
    try {
      ftruncateSync(this.#file as number, this.#bytes);
    } catch {
      // What is behind the last whole record is cut off at the next start.
      this.close();
    }
  }

  get isOpen(): boolean {
    return this.#file !== null;
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }

  /** The bytes of a batch; null when they are not as they were written. */
  read({ offset, length }: Place): Buffer | null {
    const file = openSync(this.path, 'r');
    try {
      const record = Buffer.alloc(length);
      const read = readSync(file, record, 0, length, offset);
      return read === length && isWhole(record) ? bodyOf(record) : null;
    } finally {
      closeSync(file);
    }
  }

  /**
   * Puts other batches in the place of all that it has; a later start finds those before or these.
   * @throws Error of the file system; then nothing was changed
   */
  replace(contents: readonly Content[]): void {
    this.close();
    const records = contents.map(({ label, body }) => makeRecord(label, body));
    const bytes = Buffer.concat(records);
    try {
      writeFileSync(`${this.path}.tmp`, bytes);
      renameSync(`${this.path}.tmp`, this.path);
    } catch (error) {
      rmSync(`${this.path}.tmp`, { force: true });
      throw error;
    }
    this.#hold(findRecords(bytes));
  }

  remove(): void {
    this.close();
    try {
      unlinkSync(this.path);
    } catch {
      // A later start finds its batches again, and the aggregator says that they are committed.
    }
  }
}
