import { readdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type BatchId, compareBatchIds } from './batch-id.ts';
import { mergeNeighbours } from './merge.ts';
import type { Label } from './record.ts';
import { type Content, type Entry, Segment } from './segment.ts';

const segmentFile = /^\d{16}\.segment$/;
const leftOver = /^\d{16}\.segment\.tmp$/;
const digits = 16;
/** What may be left of two batches that become one. */
const worthwhile = 0.875;

/** The batches of a spool in its segment files. A segment goes when none of its batches waits any more. */
export class Segments {
  readonly #folder: string;
  readonly #segmentBytes: number;
  /** In the order of their batches. The last may be open for appending. */
  #segments: Segment[] = [];
  #entries: Entry[] = [];
  #nextNumber = 1;
  /** Those that were found to give no room. */
  readonly #widest = new WeakSet<Segment>();
  /** Where windows are widened next, so that all become equally wide. */
  #nextMerge = 0;

  /** @param segmentBytes a segment takes no more when it has so many. @throws Error of the file system */
  constructor(folder: string, segmentBytes: number) {
    this.#folder = folder;
    this.#segmentBytes = segmentBytes;
  }

  /** Finds what earlier starts left. @returns how many damaged bytes were cut off. @throws Error of the file system */
  open(): number {
    let cut = 0;
    let last: BatchId | null = null;
    for (const name of readdirSync(this.#folder).toSorted()) {
      const path = join(this.#folder, name);
      if (leftOver.test(name)) unlinkSync(path);
      if (!segmentFile.test(name)) continue;
      const { segment, cutBytes } = Segment.open(path);
      cut += cutBytes;
      this.#nextNumber = Number.parseInt(name, 10) + 1;
      this.#segments.push(segment);
      // What was merged into the segment before, and the agent ended before it removed this one.
      const stale = segment.entries.filter(({ id }) => last !== null && compareBatchIds(id, last) <= 0);
      last = segment.entries.at(-1)?.id ?? last;
      this.#remove(stale);
    }
    this.#tidy();
    return cut;
  }

  /** Oldest first. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }

  get bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** @throws Error of the file system; then it was not appended */
  append(content: Content): void {
    let segment = this.#segments.at(-1);
    if (segment === undefined || !segment.isOpen) {
      const name = `${String(this.#nextNumber).padStart(digits, '0')}.segment`;
      segment = Segment.make(join(this.#folder, name));
      this.#nextNumber++;
      this.#segments.push(segment);
    }
    this.#entries.push(segment.append(content));
    if (segment.bytes >= this.#segmentBytes) segment.close();
  }

  /** Forgets batches. */
  remove(entries: readonly Entry[]): void {
    this.#remove(entries);
    this.#tidy();
  }

  #remove(entries: readonly Entry[]): void {
    const gone = new Set(entries);
    for (const segment of new Set(entries.map((entry) => entry.segment))) {
      segment.entries = segment.entries.filter((entry) => !gone.has(entry));
    }
  }

  #tidy(): void {
    for (const segment of this.#segments) if (segment.entries.length === 0) segment.remove();
    this.#segments = this.#segments.filter(({ entries }) => entries.length > 0);
    this.#entries = this.#segments.flatMap(({ entries }) => entries);
  }

  /** The batches of the oldest segment that is not the newest too: what goes together. */
  get oldestSegment(): readonly Entry[] {
    return this.#segments.length > 1 ? (this.#segments[0] as Segment).entries : [];
  }

  /**
   * Makes room by merging neighbours in one or two segments, going round from the oldest.
   * @returns how many batches became part of another; 0 when none can. @throws Error of the file system
   */
  widen(mayMerge: (label: Label) => boolean, maxRows: number): number {
    for (let tries = this.#segments.length; tries > 0; tries--) {
      if (this.#nextMerge >= this.#segments.length) this.#nextMerge = 0;
      const merged = this.#widenAt(this.#nextMerge++, mayMerge, maxRows);
      if (merged > 0) return merged;
    }
    return 0;
  }

  #widenAt(at: number, mayMerge: (label: Label) => boolean, maxRows: number): number {
    const [segment, next] = [this.#segments[at] as Segment, this.#segments[at + 1]];
    if (segment.isOpen || this.#widest.has(segment)) return 0;
    const more = next === undefined || next.isOpen ? [] : next.entries;
    const bytes = [...segment.entries, ...more].reduce((sum, { length }) => sum + length, 0);
    // Else segments would grow with every round, and so would what is read at once.
    const both = segment.entries.length + more.length === 2 || bytes <= 2 * this.#segmentBytes;
    const entries = both ? [...segment.entries, ...more] : segment.entries;
    const wider = this.#widened(entries, mayMerge, maxRows);
    if (wider === null) {
      if (more.length > 0) this.#widest.add(segment);
      return 0;
    }
    segment.replace(wider);
    if (both && more.length > 0) (next as Segment).entries = [];
    this.#tidy();
    return entries.length - wider.length;
  }

  /** Null when nothing can be merged, or so little is gained that the windows are worth more. */
  #widened(entries: readonly Entry[], mayMerge: (label: Label) => boolean, maxRows: number): readonly Content[] | null {
    if (entries.filter(mayMerge).length < 2) return null;
    const contents = entries.flatMap((entry) => this.read(entry) ?? []);
    if (contents.length < entries.length) return null;
    const wider = mergeNeighbours(contents, mayMerge, maxRows);
    if (wider === null) return null;
    const bytesOf = (all: readonly Content[]) => all.reduce((sum, { body }) => sum + body.length, 0);
    return bytesOf(wider) <= worthwhile * bytesOf(contents) ? wider : null;
  }

  /** A batch with its body; null when it is damaged. */
  read(entry: Entry): Content | null {
    const body = entry.segment.read(entry);
    return body === null ? null : { label: entry, body };
  }

  /**
   * Gives all batches other ids, which must be in the same order. From the newest segment to the oldest, so that they
   * are in order also if the agent ends meanwhile. @throws Error of the file system
   */
  relabel(labelOf: (entry: Entry) => Label): void {
    for (const segment of this.#segments.toReversed()) {
      const contents = segment.entries.flatMap((entry) => {
        const content = this.read(entry);
        return content === null ? [] : [{ label: labelOf(entry), body: content.body }];
      });
      segment.replace(contents);
    }
    this.#tidy();
  }
}
