import { mergeNames } from '../../core/edge.ts';
import type { Scope } from '../../core/scope.ts';
import type { UnixMs } from '../../core/time.ts';
import type { Lane } from './lane.ts';
import { noNames, type Rows } from './rows.ts';
import { type Entry, ScopeIndex } from './scope-index.ts';

/** What stands in place of a slot when there is no room. */
export const noSlot = -1;

/**
 * Gives each lane a slot, a small number under which sums keep what is theirs in typed arrays, and keeps what all sums
 * share: first and last sighting, evidence and names. Bounded in edges.
 */
export class LaneIndex {
  readonly #maxEdges: number;
  readonly #notesSlots: boolean;
  readonly #slots = new Map<string, number>();
  readonly #entries = new Map<string, Entry>();
  readonly #scopes = new ScopeIndex();
  readonly #lanes: (Lane | null)[] = [];
  readonly #free: number[] = [];
  readonly #edges: (Entry | null)[] = [];
  readonly #freeEdges: number[] = [];
  readonly #names = new Map<number, readonly string[]>();
  #firstSeen = new Float64Array(64);
  #lastSeen = new Float64Array(64);
  #evidence = new Uint8Array(64);
  #edgeOf = new Int32Array(64);
  #isServer = new Uint8Array(64);
  #overflowedRows = 0;

  /**
   * @param maxEdges rows of further edges are counted and left out
   * @param notesSlots whether lanes note their slots here: for the one index that is asked for them with every commit
   */
  constructor(maxEdges: number, notesSlots = false) {
    this.#maxEdges = maxEdges;
    this.#notesSlots = notesSlots;
  }

  /** How many edges there are. */
  get size(): number {
    return this.#entries.size;
  }

  /** Slots are below it. */
  get capacity(): number {
    return this.#evidence.length;
  }

  /** Rows that were left out because there was no room. */
  get overflowedRows(): number {
    return this.#overflowedRows;
  }

  /** Gives the lanes of rows their slots and keeps what was seen; `noSlot` for those that have no place. */
  take({ lanes, firstSeen, lastSeen, evidence, names }: Rows): Int32Array {
    const slots = new Int32Array(lanes.length);
    for (let row = 0; row < slots.length; row++) {
      const slot = this.#slotOf(lanes[row] as Lane);
      slots[row] = slot;
      if (slot === noSlot) {
        this.#overflowedRows++;
        continue;
      }
      this.#see(slot, firstSeen[row] as number, lastSeen[row] as number);
      if ((evidence[row] as number) > (this.#evidence[slot] as number)) this.#evidence[slot] = evidence[row] as number;
    }
    for (const [row, named] of names) {
      const slot = slots[row] as number;
      if (slot !== noSlot) this.#names.set(slot, mergeNames(this.namesAt(slot), named));
    }
    return slots;
  }

  /** The slots of lanes that are there; `noSlot` for others. */
  find(lanes: readonly Lane[]): Int32Array {
    const slots = new Int32Array(lanes.length);
    for (const [row, lane] of lanes.entries()) {
      slots[row] = this.#lanes[lane.slot] === lane ? lane.slot : (this.#slots.get(lane.key) ?? noSlot);
    }
    return slots;
  }

  /** Widens what is known of lanes that are there by sightings of which nothing else is left. */
  remember({ lanes, firstSeen, lastSeen }: Pick<Rows, 'lanes' | 'firstSeen' | 'lastSeen'>): void {
    for (const [row, lane] of lanes.entries()) {
      const slot = this.#slots.get(lane.key);
      if (slot !== undefined) this.#see(slot, firstSeen[row] as number, lastSeen[row] as number);
    }
  }

  #see(slot: number, firstUnixMs: UnixMs, lastUnixMs: UnixMs): void {
    if (firstUnixMs < (this.#firstSeen[slot] as number)) this.#firstSeen[slot] = firstUnixMs;
    if (lastUnixMs > (this.#lastSeen[slot] as number)) this.#lastSeen[slot] = lastUnixMs;
  }

  #slotOf(lane: Lane): number {
    // Nearly always: its key is long, and far away in memory.
    if (this.#lanes[lane.slot] === lane) return lane.slot;
    const known = this.#slots.get(lane.key);
    if (known !== undefined) return this.#note(lane, known);
    const entry = this.#entries.get(lane.edgeKey) ?? this.#newEntry(lane);
    if (entry === null) return noSlot;
    const slot = this.#free.pop() ?? this.#lanes.length;
    if (slot === this.capacity) this.#grow();
    this.#note(lane, slot);
    this.#firstSeen[slot] = Infinity;
    this.#lastSeen[slot] = 0;
    this.#evidence[slot] = 0;
    this.#edgeOf[slot] = entry.number;
    this.#isServer[slot] = lane.reporter === 'server' ? 1 : 0;
    this.#slots.set(lane.key, slot);
    entry.slots.push(slot);
    return slot;
  }

  #note(lane: Lane, slot: number): number {
    this.#lanes[slot] = lane;
    if (this.#notesSlots) lane.slot = slot;
    return slot;
  }

  #newEntry({ edge: id, edgeKey: key }: Lane): Entry | null {
    if (this.#entries.size >= this.#maxEdges) return null;
    const number = this.#freeEdges.pop() ?? this.#edges.length;
    const entry: Entry = { id, key, number, slots: [] };
    this.#edges[number] = entry;
    this.#entries.set(key, entry);
    this.#scopes.add(entry);
    return entry;
  }

  #grow(): void {
    // Each span has a hundred bytes for a slot: doubling would waste too many.
    const size = Math.ceil(this.capacity * 1.25);
    this.#firstSeen = grown(this.#firstSeen, new Float64Array(size));
    this.#lastSeen = grown(this.#lastSeen, new Float64Array(size));
    this.#evidence = grown(this.#evidence, new Uint8Array(size));
    this.#edgeOf = grown(this.#edgeOf, new Int32Array(size));
    this.#isServer = grown(this.#isServer, new Uint8Array(size));
  }

  /** Frees a slot; the edge goes with its last lane. */
  release(slot: number): void {
    const lane = this.#lanes[slot];
    if (lane === null || lane === undefined) return;
    const entry = this.#entries.get(lane.edgeKey) as Entry;
    entry.slots.splice(entry.slots.indexOf(slot), 1);
    if (entry.slots.length === 0) {
      this.#entries.delete(entry.key);
      this.#scopes.delete(entry);
      this.#edges[entry.number] = null;
      this.#freeEdges.push(entry.number);
    }
    this.#slots.delete(lane.key);
    this.#names.delete(slot);
    this.#lanes[slot] = null;
    this.#free.push(slot);
  }

  laneAt(slot: number): Lane | null {
    return this.#lanes[slot] ?? null;
  }

  firstSeenAt(slot: number): UnixMs {
    return this.#firstSeen[slot] as number;
  }

  lastSeenAt(slot: number): UnixMs {
    return this.#lastSeen[slot] as number;
  }

  /** Index into directionEvidence. */
  evidenceAt(slot: number): number {
    return this.#evidence[slot] as number;
  }

  /** Edges have numbers below it. */
  get edgeNumbers(): number {
    return this.#edges.length;
  }

  edgeAt(number: number): Entry | null {
    return this.#edges[number] ?? null;
  }

  /** The numbers of the edges of all slots, and whether a slot is a server's report: to be read at once. */
  get places(): { readonly edgeOf: Int32Array; readonly isServer: Uint8Array } {
    return { edgeOf: this.#edgeOf, isServer: this.#isServer };
  }

  namesAt(slot: number): readonly string[] {
    return this.#names.get(slot) ?? noNames;
  }

  /** All that is kept for each slot, as it is now. */
  copy() {
    const { length } = this.#lanes;
    return {
      lanes: this.#lanes.slice(),
      firstSeen: this.#firstSeen.slice(0, length),
      lastSeen: this.#lastSeen.slice(0, length),
      evidence: this.#evidence.slice(0, length),
      names: new Map(this.#names),
    };
  }

  /** The edges of a scope, in any order. */
  entries(scope: Scope): Iterable<Entry> {
    return this.#scopes.of(scope) ?? this.#entries.values();
  }
}

/** A larger array with the same beginning. */
export function grown<Values extends Float64Array | Int32Array | Uint8Array>(from: Values, into: Values): Values {
  into.set(from);
  return into;
}
