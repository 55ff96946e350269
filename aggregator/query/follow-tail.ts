import type { Edge } from '../../core/edge.ts';
import { Graph } from '../graph/graph.ts';
import { type KeptSegment, KeptSegments } from '../graph/kept-segments.ts';
import type { Segment } from '../graph/segment.ts';

/** A committed segment with its place in the tail. */
export interface FollowedWindow {
  /** Counts up by one, from the first that this process kept. */
  readonly place: number;
  /** By which the store knows it, also after a restart. */
  readonly id: number;
  readonly segment: Segment;
  /** How many windows are missing between the one before and this one: nobody here got to know them. */
  readonly missing: number;
  /** What it adds up to; worked out once for all who follow. */
  readonly edges: readonly Edge[];
}

export interface TailOptions {
  /** Whether the ids of a cluster count up by one, as they do where several aggregators commit. */
  readonly idsAreGapless: boolean;
  /** How many windows are kept, and how many rows they may have together; the latest is kept whatever it has. */
  readonly maxWindows: number;
  readonly maxRows: number;
  /** What edges look like to whoever follows. */
  readonly shown: (edges: readonly Edge[]) => readonly Edge[];
}

interface Kept {
  readonly id: number;
  readonly segment: KeptSegment;
  readonly missing: number;
}

/**
 * The last windows that were committed, in the order of their ids, for who reads slowly or comes back: to whichever
 * aggregator they come, what is behind an id is the same.
 */
export class FollowTail {
  readonly #options: TailOptions;
  readonly #segments = new KeptSegments();
  readonly #byPlace = new Map<number, Kept>();
  readonly #placeOf = new Map<number, number>();
  /** By id: what is known while something before it may still come from another aggregator. */
  readonly #held = new Map<number, KeptSegment>();
  #firstPlace = 1;
  #lastPlace = 0;
  #lastId = 0;
  #rows = 0;
  /** The window that was asked for last: those who keep up all ask for the same. */
  #folded: FollowedWindow | null = null;

  constructor(options: TailOptions) {
    this.#options = options;
  }

  /** The oldest that is kept; one more than the last when none is. */
  get firstPlace(): number {
    return this.#firstPlace;
  }

  /** The latest; 0 when there was none. */
  get lastPlace(): number {
    return this.#lastPlace;
  }

  /** Keeps a segment until it is its turn; one that is known already is passed over. @param id the store's */
  hold(segment: Segment, id: number): void {
    if (id <= this.#lastId) return;
    this.#giveUp(id);
    this.#held.set(id, this.#segments.keep(segment));
    // What is given up here shows as missing.
    if (this.#held.size > this.#options.maxWindows) this.#giveUp(Math.min(...this.#held.keys()));
  }

  #giveUp(id: number): void {
    const held = this.#held.get(id);
    if (held === undefined) return;
    this.#held.delete(id);
    this.#segments.drop(held);
  }

  /** Puts what is held up to an id into the tail: nothing comes before it any more. */
  release(throughId: number): void {
    const ids = [...this.#held.keys()].filter((id) => id <= throughId).toSorted((a, b) => a - b);
    for (const id of ids) {
      this.#add(this.#held.get(id) as KeptSegment, id);
      this.#held.delete(id);
    }
  }

  #add(segment: KeptSegment, id: number): void {
    const { maxWindows, maxRows, idsAreGapless } = this.#options;
    const missing = idsAreGapless && this.#lastId > 0 ? id - this.#lastId - 1 : 0;
    this.#lastId = id;
    this.#byPlace.set(++this.#lastPlace, { id, segment, missing });
    this.#placeOf.set(id, this.#lastPlace);
    this.#rows += segment.length;
    while (this.#byPlace.size > 1 && (this.#byPlace.size > maxWindows || this.#rows > maxRows)) this.#dropFirst();
  }

  #dropFirst(): void {
    const place = this.#firstPlace++;
    const kept = this.#byPlace.get(place);
    if (kept === undefined) return;
    this.#rows -= kept.segment.length;
    this.#byPlace.delete(place);
    this.#placeOf.delete(kept.id);
    this.#segments.drop(kept.segment);
  }

  /** Undefined when it is not kept any more, or not there yet. */
  window(place: number): FollowedWindow | undefined {
    if (this.#folded?.place === place) return this.#folded;
    const kept = this.#byPlace.get(place);
    if (kept === undefined) return undefined;
    const segment = this.#segments.read(kept.segment);
    const graph = new Graph(Infinity);
    graph.add(segment.rows);
    const { id, missing } = kept;
    const folded = { place, id, segment, missing, edges: this.#options.shown(graph.edges()) };
    this.#folded = folded;
    return folded;
  }

  /** Whether a token is of a window behind all that are known here: another aggregator may have given it. */
  isAhead(token: string): boolean {
    return Number(token) > this.#lastId;
  }

  /**
   * The first window behind that of a token, which is its id, and whether some between them may be missing; null when the
   * text is no token.
   */
  resume(token: string): { readonly nextPlace: number; readonly isLost: boolean } | null {
    if (!/^\d{1,15}$/.test(token)) return null;
    const place = this.#placeOf.get(Number(token));
    if (place === undefined) return { nextPlace: this.#firstPlace, isLost: true };
    return { nextPlace: place + 1, isLost: false };
  }
}
