import { randomBytes } from 'node:crypto';
import type { Edge } from '../../core/edge.ts';
import { Graph } from '../graph/graph.ts';
import type { Segment } from '../graph/segment.ts';

/** A committed segment with its place among all since the start of this process. */
export interface FollowedWindow {
  /** Counts up by one. */
  readonly id: number;
  readonly segment: Segment;
  /** What it adds up to; worked out once for all who follow. */
  readonly edges: readonly Edge[];
}

export interface TailOptions {
  /** How many windows are kept, and how many rows they may have together; the latest is kept whatever it has. */
  readonly maxWindows: number;
  readonly maxRows: number;
  /** What edges look like to whoever follows. */
  readonly shown: (edges: readonly Edge[]) => readonly Edge[];
}

/** The last windows that were committed, for who reads slowly or comes back. */
export class FollowTail {
  readonly #options: TailOptions;
  /** Tells the ids of this process from those of others. */
  readonly #era = randomBytes(6).toString('base64url');
  readonly #segments = new Map<number, Segment>();
  #firstId = 1;
  #lastId = 0;
  #rows = 0;
  /** The window that was asked for last: those who keep up all ask for the same. */
  #folded: FollowedWindow | null = null;

  constructor(options: TailOptions) {
    this.#options = options;
  }

  /** The oldest that is kept; one more than the last when none is. */
  get firstId(): number {
    return this.#firstId;
  }

  /** The latest; 0 when there was none. */
  get lastId(): number {
    return this.#lastId;
  }

  add(segment: Segment): void {
    this.#segments.set(++this.#lastId, segment);
    this.#rows += segment.rows.lanes.length;
    const { maxWindows, maxRows } = this.#options;
    while (this.#segments.size > 1 && (this.#segments.size > maxWindows || this.#rows > maxRows)) this.#dropFirst();
  }

  #dropFirst(): void {
    this.#rows -= this.#segments.get(this.#firstId)?.rows.lanes.length ?? 0;
    this.#segments.delete(this.#firstId++);
  }

  /** Undefined when it is not kept any more, or not there yet. */
  window(id: number): FollowedWindow | undefined {
    if (this.#folded?.id === id) return this.#folded;
    const segment = this.#segments.get(id);
    if (segment === undefined) return undefined;
    const graph = new Graph(Infinity);
    graph.add(segment.rows);
    this.#folded = { id, segment, edges: this.#options.shown(graph.edges()) };
    return this.#folded;
  }

  /** What a follower gives back to go on behind a window. */
  tokenOf(id: number): string {
    return `${this.#era}.${id}`;
  }

  /**
   * The first window behind that of a token, and whether it is certain that none between them is missing; null when the
   * text is no token.
   */
  resume(token: string): { readonly nextId: number; readonly isLost: boolean } | null {
    const [, era, digits] = /^([\w-]{8})\.(\d{1,15})$/.exec(token) ?? [];
    if (era === undefined) return null;
    const nextId = Number(digits) + 1;
    const isKnown = era === this.#era && nextId >= this.#firstId && nextId <= this.#lastId + 1;
    return isKnown ? { nextId, isLost: false } : { nextId: this.#firstId, isLost: true };
  }
}
