import { grown } from '../graph/grown.ts';
import type { Lane } from '../graph/lane.ts';
import type { Span } from '../identity/steady.ts';
import { noSubject } from './subjects.ts';

/** How many subjects an answer may rest on: the pod by UID and by name, the far end, and what was called in its place. */
const subjectsOfEdge = 4;

/** What was answered of the edges of a dictionary, by their numbers: in typed arrays, as all of them are read for each batch. */
export class Answers {
  /** Place of the lane in `lanes`, plus 1; 0 for an edge that was never asked about. */
  slot = new Uint32Array(0);
  /** The tick of the subjects at which it was seen last that the answer stands. */
  tick = new Float64Array(0);
  /** The answer is for times between these two, exclusive. */
  afterUnixMs = new Float64Array(0);
  beforeUnixMs = new Float64Array(0);
  #subjects = new Uint32Array(0);
  /** No two are equal; some may be of edges that were asked about anew since. Only ever appended to. */
  readonly lanes: Lane[] = [];
  readonly #slotOf = new Map<string, number>();
  /** By edge: who of its ends may become known yet. */
  readonly waits = new Map<number, readonly string[]>();
  /** Pods by number that were asked about. */
  readonly pods = new Set<number>();

  grow(edges: number): void {
    const size = Math.max(edges, Math.min(2 * this.slot.length, edges + 1024));
    this.slot = grown(this.slot, new Uint32Array(size));
    this.tick = grown(this.tick, new Float64Array(size));
    this.afterUnixMs = grown(this.afterUnixMs, new Float64Array(size));
    this.beforeUnixMs = grown(this.beforeUnixMs, new Float64Array(size));
    this.#subjects = grown(this.#subjects, new Uint32Array(subjectsOfEdge * size));
  }

  /** @param subjects that it rests on, at most four */
  set(edge: number, lane: Lane, { afterUnixMs, beforeUnixMs }: Span, tick: number, subjects: readonly number[]): void {
    this.slot[edge] = this.#slotFor(lane);
    this.afterUnixMs[edge] = afterUnixMs;
    this.beforeUnixMs[edge] = beforeUnixMs;
    this.tick[edge] = tick;
    const at = subjectsOfEdge * edge;
    for (let i = 0; i < subjectsOfEdge; i++) this.#subjects[at + i] = subjects[i] ?? noSubject;
  }

  /** Whether the answer to an edge still stands, as far as its subjects changed. @param tick of them now */
  stands(edge: number, changedAt: Float64Array, tick: number): boolean {
    const told = this.tick[edge] as number;
    if (told === tick) return true;
    const at = subjectsOfEdge * edge;
    for (let i = at; i < at + subjectsOfEdge; i++) {
      if ((changedAt[this.#subjects[i] as number] as number) > told) return false;
    }
    this.tick[edge] = tick;
    return true;
  }

  #slotFor(lane: Lane): number {
    let slot = this.#slotOf.get(lane.key);
    if (slot === undefined) {
      slot = this.lanes.push(lane);
      this.#slotOf.set(lane.key, slot);
    }
    return slot;
  }
}
