import type { Dictionary } from '../../proto/dictionary.ts';
import { grown } from '../graph/grown.ts';
import { type Lane, laneKey } from '../graph/lane.ts';
import type { Span } from '../identity/steady.ts';
import { noSubject } from './subjects.ts';

/** What an answer rests on, by their numbers as subjects; `noSubject` for those that it does not rest on. */
export interface AnswerSubjects {
  readonly uid: number;
  readonly name: number;
  readonly remote: number;
  readonly called: number;
}

const nobody: ReadonlySet<string> = new Set<string>();

/** What is kept of each edge, side by side as all of it is read for each row. */
const slotAt = 0;
const tickAt = 1;
const fromAt = 2;
const untilAt = 3;
const perEdge = 4;

/** The largest number that has room; as a second, it stands for all times. */
const largest = 0xffff_ffff;

/** The first whole second whose moments are all after one; the largest where there is none. */
function firstSecondAfter(unixMs: number): number {
  return Math.min(Math.max(0, Math.floor(unixMs / 1000) + 1), largest);
}

/** The whole second before whose beginning all moments are before one. */
function lastSecondBefore(unixMs: number): number {
  return Math.min(Math.max(0, Math.floor(unixMs / 1000)), largest);
}

/** Room for that many, and some more. */
function roomFor(count: number, column: Uint32Array): Uint32Array {
  if (count <= column.length) return column;
  return grown(column, new Uint32Array(Math.max(count, Math.ceil(1.25 * column.length))));
}

/** What was answered of the edges of a dictionary, by their numbers. There is one for each stream, so it is kept small. */
export class Answers {
  readonly #dictionary: Dictionary;
  /** Ticks are counted from it. */
  readonly #firstTick: number;
  /**
   * Of each edge: twice the place of its lane in `lanes`, plus 2, and 1 more where its ends are waited for, or 0 where it
   * was never asked about; the tick at which it was seen last that the answer stands; from which second to before which one
   * the answer is for.
   */
  #edges: Uint32Array = new Uint32Array(0);
  /** By pod: the numbers of its UID, 0 for one that was never asked about, and of its name. */
  #pods: Uint32Array = new Uint32Array(0);
  /** By address. */
  #addresses: Uint32Array = new Uint32Array(0);
  /** No two are equal; some may be of edges that were asked about anew since. Only ever appended to. */
  readonly lanes: Lane[] = [];
  /** While edges are asked about: it takes more than all else, and most batches need it not. */
  #slotOf: Map<string, number> | null = null;
  /** By edge: who of its ends may become known yet. */
  #waits: Map<number, readonly string[]> | null = null;

  /** @param tick of the subjects now */
  constructor(dictionary: Dictionary, tick: number) {
    this.#dictionary = dictionary;
    this.#firstTick = tick;
  }

  /** Whether it is of that dictionary, and has room for so late a tick, and not too many lanes that nothing is in. */
  serves(dictionary: Dictionary, tick: number): boolean {
    const hasRoom = tick - this.#firstTick <= largest && this.lanes.length <= 2 * dictionary.edges.length + 64;
    return dictionary === this.#dictionary && hasRoom;
  }

  /** Makes room for all that the dictionary has by now. To be called before edges are asked about. */
  grow(): void {
    const { edges, pods, addresses } = this.#dictionary;
    this.#edges = roomFor(perEdge * edges.length, this.#edges);
    this.#pods = roomFor(2 * pods.length, this.#pods);
    this.#addresses = roomFor(addresses.length, this.#addresses);
  }

  /** Whether anything was asked about a pod. @param pod its number in the dictionary */
  knowsPod(pod: number): boolean {
    return this.#pods[2 * pod] !== noSubject;
  }

  /** @param span the answer is for times inside it */
  set(edge: number, lane: Lane, { afterUnixMs, beforeUnixMs }: Span, tick: number, subjects: AnswerSubjects): void {
    const [at, answers, { pod, remote, seenAs }] = [perEdge * edge, this.#edges, this.#dictionary.edges];
    answers[at + slotAt] = 2 * this.#slotFor(lane);
    answers[at + tickAt] = tick - this.#firstTick;
    answers[at + fromAt] = firstSecondAfter(afterUnixMs);
    answers[at + untilAt] = lastSecondBefore(beforeUnixMs);
    const ofPod = 2 * (pod[edge] as number);
    this.#pods[ofPod] = subjects.uid;
    this.#pods[ofPod + 1] = subjects.name;
    this.#addresses[remote[edge] as number] = subjects.remote;
    if (seenAs[edge] !== 0) this.#addresses[(seenAs[edge] as number) - 1] = subjects.called;
  }

  /** @param keys of pods and addresses of which more may become known */
  setWaits(edge: number, keys: readonly string[]): void {
    const at = perEdge * edge + slotAt;
    const slot = (this.#edges[at] as number) >>> 1;
    this.#edges[at] = 2 * slot + (keys.length > 0 ? 1 : 0);
    if (keys.length > 0) (this.#waits ??= new Map()).set(edge, keys);
    else if (this.#waits?.delete(edge) === true && this.#waits.size === 0) this.#waits = null;
  }

  /**
   * Who of the ends of edges may become known yet. An edge of which all were waited for in vain is not looked at again
   * before its answer falls, as it does when one of them becomes known.
   * @param givenUp has the keys that were waited for in vain
   */
  waits(edges: Uint32Array, givenUp: Pick<ReadonlySet<string>, 'has'>): ReadonlySet<string> {
    if (this.#waits === null) return nobody;
    const unknown = new Set<string>();
    for (let row = 0; row < edges.length; row++) {
      const edge = edges[row] as number;
      if ((this.#edges[perEdge * edge + slotAt] as number) % 2 === 0) continue;
      const keys = (this.#waits?.get(edge) ?? []).filter((key) => !givenUp.has(key));
      if (keys.length === 0) this.setWaits(edge, keys);
      for (const key of keys) unknown.add(key);
    }
    return unknown;
  }

  /**
   * The rows of edges that were never asked about, or the answer to which may be another now: seen at a time that it is
   * not for, or one of its subjects has changed.
   * @param tick of the subjects now
   */
  fallen(edges: Uint32Array, seenUnixMs: Float64Array, changedAt: Float64Array, tick: number): readonly number[] {
    const [answers, now] = [this.#edges, tick - this.#firstTick];
    const rows: number[] = [];
    for (let row = 0; row < edges.length; row++) {
      const edge = edges[row] as number;
      const at = perEdge * edge;
      const seenS = (seenUnixMs[row] as number) / 1000;
      const isFor = seenS >= (answers[at + fromAt] as number) && seenS < (answers[at + untilAt] as number);
      const isAnswered = answers[at + slotAt] !== 0 && isFor;
      if (isAnswered && (answers[at + tickAt] === now || this.#stillStands(edge, changedAt)))
        answers[at + tickAt] = now;
      else rows.push(row);
    }
    return rows;
  }

  #stillStands(edge: number, changedAt: Float64Array): boolean {
    const { pod, remote, seenAs } = this.#dictionary.edges;
    const [pods, addresses, ofPod] = [this.#pods, this.#addresses, 2 * (pod[edge] as number)];
    const tick = this.#firstTick + (this.#edges[perEdge * edge + tickAt] as number);
    const stands = (subject: number) => (changedAt[subject] as number) <= tick;
    return (
      stands(pods[ofPod] as number) &&
      stands(pods[ofPod + 1] as number) &&
      stands(addresses[remote[edge] as number] as number) &&
      (seenAs[edge] === 0 || stands(addresses[(seenAs[edge] as number) - 1] as number))
    );
  }

  /** For each of the edges, all of which were asked about, the place of its lane in `lanes`. @param slots that they go to */
  slotsOf(edges: Uint32Array, slots: Uint32Array = new Uint32Array(edges.length)): Uint32Array {
    const answers = this.#edges;
    for (let row = 0; row < edges.length; row++) {
      slots[row] = ((answers[perEdge * (edges[row] as number) + slotAt] as number) >>> 1) - 1;
    }
    return slots;
  }

  #slotFor(lane: Lane): number {
    this.#slotOf ??= new Map(this.lanes.map((each, place) => [laneKey(each), place + 1]));
    const key = laneKey(lane);
    let slot = this.#slotOf.get(key);
    if (slot === undefined) {
      slot = this.lanes.push(lane);
      this.#slotOf.set(key, slot);
    }
    return slot;
  }

  /** No more edges are asked about for now. */
  settle(): void {
    this.#slotOf = null;
  }
}
