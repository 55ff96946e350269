import { mergeNames } from '../../core/edge.ts';
import type { Scope } from '../../core/scope.ts';
import type { UnixMs } from '../../core/time.ts';
import { grown } from './grown.ts';
import type { LaneColumn } from './lane-column.ts';
import { LaneNotes, note, unnoted } from './lane-notes.ts';
import { isSameReport, type Lane } from './lane.ts';
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
  /** A slot may be freed, and be another lane's then. */
  readonly #known = new LaneNotes((lane, slot) => this.#lanes[slot] === lane);
  readonly #entries = new Map<string, Entry>();
  readonly #scopes = new ScopeIndex();
  readonly #lanes: (Lane | null)[] = [];
  readonly #free: number[] = [];
  readonly #edges: (Entry | null)[] = [];
  readonly #freeEdges: number[] = [];
  readonly #names = new Map<number, readonly string[]>();
  /** By slot: when it was first and last seen. */
  #seen = new Float64Array(2 * 64);
  #evidence = new Uint8Array(64);
  #edgeOf = new Int32Array(64);
  /** By slot: that of the lane which the same edge got before; `noSlot` where it is the first. */
  #beside = new Int32Array(64);
  #isServer = new Uint8Array(64);
  #overflowedRows = 0;
  #taken = new Int32Array(1024);

  /** @param maxEdges rows of further edges are counted and left out */
  constructor(maxEdges: number) {
    this.#maxEdges = maxEdges;
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

  /**
   * Gives the lanes of rows their slots and keeps what was seen; `noSlot` for those that have no place.
   * @returns what is good until the next are taken
   */
  take(rows: Rows): Int32Array {
    const slots = this.#slotsOf(rows.lanes);
    this.#see(slots, rows);
    const { evidence, names } = rows;
    const strongest = this.#evidence;
    for (let row = 0; row < slots.length; row++) {
      const slot = slots[row] as number;
      if (slot === noSlot) this.#overflowedRows++;
      else if ((evidence[row] as number) > (strongest[slot] as number)) strongest[slot] = evidence[row] as number;
    }
    names.forEach((named, row) => {
      const slot = slots[row] as number;
      if (slot !== noSlot) this.#name(slot, named);
    });
    return slots;
  }

  #name(slot: number, named: readonly string[]): void {
    const known = this.namesAt(slot);
    if (known === named) return;
    const all = mergeNames(known, named);
    if (all !== known) this.#names.set(slot, all);
  }

  #slotsOf({ among, at }: LaneColumn): Int32Array {
    const known = this.#known.of(among);
    if (at.length > this.#taken.length) this.#taken = new Int32Array(2 * at.length);
    const slots = this.#taken.subarray(0, at.length);
    for (let row = 0; row < slots.length; row++) {
      const place = at[row] as number;
      if (known[place] === unnoted) note(known, place, this.#slotOf(among[place] as Lane));
      slots[row] = known[place] as number;
    }
    return slots;
  }

  /** The slots of lanes that are there; `noSlot` for others. */
  find(lanes: LaneColumn): Int32Array {
    return Int32Array.from(lanes, (lane) => this.#knownSlot(lane));
  }

  /** Widens what is known of lanes that are there by sightings of which nothing else is left. */
  remember(rows: Pick<Rows, 'lanes' | 'firstSeen' | 'lastSeen'>): void {
    this.#see(this.find(rows.lanes), rows);
  }

  #see(slots: Int32Array, { firstSeen, lastSeen }: Pick<Rows, 'firstSeen' | 'lastSeen'>): void {
    const seen = this.#seen;
    for (let row = 0; row < slots.length; row++) {
      const slot = slots[row] as number;
      if (slot === noSlot) continue;
      const [first, last] = [2 * slot, 2 * slot + 1];
      if ((firstSeen[row] as number) < (seen[first] as number)) seen[first] = firstSeen[row] as number;
      if ((lastSeen[row] as number) > (seen[last] as number)) seen[last] = lastSeen[row] as number;
    }
  }

  #slotOf(lane: Lane): number {
    const known = this.#knownSlot(lane);
    if (known !== noSlot) return known;
    const entry = this.#entries.get(lane.edgeKey) ?? this.#newEntry(lane);
    if (entry === null) return noSlot;
    const slot = this.#free.pop() ?? this.#lanes.length;
    if (slot === this.capacity) this.#grow();
    this.#lanes[slot] = lane;
    this.#seen[2 * slot] = Infinity;
    this.#seen[2 * slot + 1] = 0;
    this.#evidence[slot] = 0;
    this.#edgeOf[slot] = entry.number;
    this.#isServer[slot] = lane.reporter === 'server' ? 1 : 0;
    this.#beside[slot] = entry.slot;
    entry.slot = slot;
    return slot;
  }

  /** The slot of a lane that is there, by its edge's; `noSlot` for others. */
  #knownSlot(wanted: Lane): number {
    let slot = this.#entries.get(wanted.edgeKey)?.slot ?? noSlot;
    while (slot !== noSlot && !isSameReport(this.#lanes[slot] as Lane, wanted)) slot = this.#beside[slot] as number;
    return slot;
  }

  #newEntry({ edge: id, edgeKey: key }: Lane): Entry | null {
    if (this.#entries.size >= this.#maxEdges) return null;
    const number = this.#freeEdges.pop() ?? this.#edges.length;
    const entry: Entry = { id, key, number, slot: noSlot };
    this.#edges[number] = entry;
    this.#entries.set(key, entry);
    this.#scopes.add(entry);
    return entry;
  }

  #grow(): void {
    // Each span has a hundred bytes for a slot: doubling would waste too many.
    const size = Math.ceil(this.capacity * 1.25);
    this.#seen = grown(this.#seen, new Float64Array(2 * size));
    this.#evidence = grown(this.#evidence, new Uint8Array(size));
    this.#edgeOf = grown(this.#edgeOf, new Int32Array(size));
    this.#beside = grown(this.#beside, new Int32Array(size));
    this.#isServer = grown(this.#isServer, new Uint8Array(size));
  }

  /** Frees a slot; the edge goes with its last lane. */
  release(slot: number): void {
    const lane = this.#lanes[slot];
    if (lane === null || lane === undefined) return;
    const entry = this.#entries.get(lane.edgeKey) as Entry;
    this.#unlink(entry, slot);
    if (entry.slot === noSlot) {
      this.#entries.delete(entry.key);
      this.#scopes.delete(entry);
      this.#edges[entry.number] = null;
      this.#freeEdges.push(entry.number);
    }
    this.#names.delete(slot);
    this.#lanes[slot] = null;
    this.#free.push(slot);
    this.#known.doubt();
  }

  #unlink(entry: Entry, slot: number): void {
    const before = this.#beside[slot] as number;
    if (entry.slot === slot) {
      entry.slot = before;
      return;
    }
    let later = entry.slot;
    while (this.#beside[later] !== slot) later = this.#beside[later] as number;
    this.#beside[later] = before;
  }

  laneAt(slot: number): Lane | null {
    return this.#lanes[slot] ?? null;
  }

  /** The slot of the lane that the same edge got before; `noSlot` where it is the first. */
  besideAt(slot: number): number {
    return this.#beside[slot] as number;
  }

  firstSeenAt(slot: number): UnixMs {
    return this.#seen[2 * slot] as number;
  }

  lastSeenAt(slot: number): UnixMs {
    return this.#seen[2 * slot + 1] as number;
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

  /** The edges of a scope, in any order. */
  entries(scope: Scope): Iterable<Entry> {
    return this.#scopes.of(scope) ?? this.#entries.values();
  }
}
