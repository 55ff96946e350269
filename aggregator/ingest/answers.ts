import { grown } from '../graph/grown.ts';
import type { Lane } from '../graph/lane.ts';
import type { Span } from '../identity/steady.ts';
import { noSubject } from './subjects.ts';

/** How many subjects an answer may rest on: the pod by UID and by name, the far end, and what was called in its place. */
const subjectsOfEdge = 4;

/** What was answered of the edges of a dictionary, by their numbers: in typed arrays, as all of them are read for each batch. */
export class Answers {
  /** Place of the lane in `lanes`, plus 1; 0 for an edge that was never asked about. */
  #slot = new Uint32Array(0);
  /** The tick of the subjects at which it was seen last that the answer stands. */
  #tick = new Float64Array(0);
  /** The answer is for times between these two, exclusive. */
  #afterUnixMs = new Float64Array(0);
  #beforeUnixMs = new Float64Array(0);
  #subjects = new Uint32Array(0);
  /** No two are equal; some may be of edges that were asked about anew since. Only ever appended to. */
  readonly lanes: Lane[] = [];
  /** By key of the lane, while edges are asked about: it takes more than all else, and most batches need it not. */
  #slotOf: Map<string, number> | null = null;
  /** By edge: who of its ends may become known yet, and 1 where there is anybody. */
  readonly #waits = new Map<number, readonly string[]>();
  #isWaiting = new Uint8Array(0);
  /** Pods by number that were asked about. */
  readonly pods = new Set<number>();

  /** How many edges there is room for. */
  get capacity(): number {
    return this.#slot.length;
  }

  grow(edges: number): void {
    const size = Math.max(edges, Math.ceil(1.25 * this.#slot.length));
    this.#slot = grown(this.#slot, new Uint32Array(size));
    this.#tick = grown(this.#tick, new Float64Array(size));
    this.#afterUnixMs = grown(this.#afterUnixMs, new Float64Array(size));
    this.#beforeUnixMs = grown(this.#beforeUnixMs, new Float64Array(size));
    this.#subjects = grown(this.#subjects, new Uint32Array(subjectsOfEdge * size));
    this.#isWaiting = grown(this.#isWaiting, new Uint8Array(size));
  }

  /** @param subjects that it rests on, at most four */
  set(edge: number, lane: Lane, { afterUnixMs, beforeUnixMs }: Span, tick: number, subjects: readonly number[]): void {
    this.#slot[edge] = this.#slotFor(lane);
    this.#afterUnixMs[edge] = afterUnixMs;
    this.#beforeUnixMs[edge] = beforeUnixMs;
    this.#tick[edge] = tick;
    const at = subjectsOfEdge * edge;
    for (let i = 0; i < subjectsOfEdge; i++) this.#subjects[at + i] = subjects[i] ?? noSubject;
  }

  /** @param keys of pods and addresses of which more may become known */
  setWaits(edge: number, keys: readonly string[]): void {
    this.#isWaiting[edge] = keys.length > 0 ? 1 : 0;
    if (keys.length > 0) this.#waits.set(edge, keys);
    else this.#waits.delete(edge);
  }

  /** @param unknown gets the keys of all of whom more may become known */
  addWaits(edges: Uint32Array, unknown: Set<string>): void {
    if (this.#waits.size === 0) return;
    const isWaiting = this.#isWaiting;
    for (let row = 0; row < edges.length; row++) {
      const edge = edges[row] as number;
      if (isWaiting[edge] === 1) for (const key of this.#waits.get(edge) ?? []) unknown.add(key);
    }
  }

  /**
   * The rows of edges that were never asked about, or the answer to which may be another now: seen at a time that it is
   * not for, or one of its subjects has changed.
   * @param tick of the subjects now
   */
  fallen(edges: Uint32Array, seenUnixMs: Float64Array, changedAt: Float64Array, tick: number): readonly number[] {
    const [slot, told, after, before] = [this.#slot, this.#tick, this.#afterUnixMs, this.#beforeUnixMs];
    const rows: number[] = [];
    for (let row = 0; row < edges.length; row++) {
      const edge = edges[row] as number;
      const isFor =
        (seenUnixMs[row] as number) > (after[edge] as number) && (seenUnixMs[row] as number) < (before[edge] as number);
      const stands = slot[edge] !== 0 && isFor && (told[edge] === tick || this.#stillStands(edge, changedAt));
      if (stands) told[edge] = tick;
      else rows.push(row);
    }
    return rows;
  }

  #stillStands(edge: number, changedAt: Float64Array): boolean {
    const [subjects, tick, at] = [this.#subjects, this.#tick, subjectsOfEdge * edge];
    for (let i = at; i < at + subjectsOfEdge; i++) {
      if ((changedAt[subjects[i] as number] as number) > (tick[edge] as number)) return false;
    }
    return true;
  }

  /** For each of the edges, all of which were asked about, the place of its lane in `lanes`. @param slots that they go to */
  slotsOf(edges: Uint32Array, slots: Uint32Array = new Uint32Array(edges.length)): Uint32Array {
    const slot = this.#slot;
    for (let row = 0; row < edges.length; row++) slots[row] = (slot[edges[row] as number] as number) - 1;
    return slots;
  }

  #slotFor(lane: Lane): number {
    this.#slotOf ??= new Map(this.lanes.map(({ key }, place) => [key, place + 1]));
    let slot = this.#slotOf.get(lane.key);
    if (slot === undefined) {
      slot = this.lanes.push(lane);
      this.#slotOf.set(lane.key, slot);
    }
    return slot;
  }

  /** No more edges are asked about for now. */
  settle(): void {
    this.#slotOf = null;
  }
}
