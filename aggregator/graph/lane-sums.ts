import type { Edge, Observation } from '../../core/edge.ts';
import {
  counterNames,
  directionEvidence,
  type Drops,
  type MutableCounters,
  type Role,
  zeroCounters,
} from '../../core/flow.ts';
import type { ServiceRef } from '../../core/identity.ts';
import { mergeNames } from '../../core/edge.ts';
import type { Column } from '../../proto/column-batch.ts';
import { countersAt, move, usedIn } from './counts.ts';
import { DropSums } from './drop-sums.ts';
import { makeEdge } from './edges.ts';
import { freeMemory } from './free-memory.ts';
import type { Lane } from './lane.ts';
import { grown } from './grown.ts';
import { type LaneIndex, noSlot } from './lane-index.ts';
import type { PartMemory } from './part-memory.ts';
import { noDrops, noNames, type Rows, sumOfDrops, width } from './rows.ts';
import type { Entry } from './scope-index.ts';
import { SumsBefore } from './sums-before.ts';

/** By what the talkers of an answer are ordered. */
export type TopBy = 'bytes' | 'connections';

const [toServer, toClient] = [counterNames.indexOf('bytesToServer'), counterNames.indexOf('bytesToClient')];
const established = counterNames.indexOf('established');

/**
 * What the rows of each lane add up to over one span of time. Several may share an index. The sums of a span that is part
 * of this one may be `inner`: then what is in those is not kept here again, and only added when it is read.
 */
export class LaneSums {
  readonly #index: LaneIndex;
  #inner: LaneSums | null = null;
  readonly #drops = new DropSums();
  #counts = new Float64Array(0);
  /** How many rows of windows are in it, by slot: at zero the lane was not seen in this span. */
  #sightings = new Float64Array(0);
  /** While somebody reads the sums of a moment. */
  #before: SumsBefore | null = null;

  constructor(index: LaneIndex) {
    this.#index = index;
  }

  /** @param slots of the rows' lanes. @param sightings as of Contribution */
  add({ counters, drops }: Rows, slots: Int32Array, sightings: Float64Array | null): void {
    if (this.#sightings.length < this.#index.capacity) this.#grow();
    const [sums, seen] = [this.#counts, this.#sightings];
    const used = usedIn(counters);
    const columns = used.map((counter) => counters[counter] as Column);
    if (this.#before !== null) for (const slot of slots) if (slot !== noSlot) this.#keep(slot);
    for (let row = 0; row < slots.length; row++) {
      const slot = slots[row] as number;
      if (slot === noSlot) continue;
      const at = slot * width;
      for (let i = 0; i < columns.length; i++) {
        const to = at + (used[i] as number);
        sums[to] = (sums[to] as number) + ((columns[i] as Column)[row] as number);
      }
      seen[slot] = (seen[slot] as number) + (sightings === null ? 1 : (sightings[row] as number));
    }
    drops.forEach((dropped, row) => {
      const slot = slots[row] as number;
      if (slot !== noSlot) this.#drops.add(slot, dropped);
    });
  }

  /** To be called before a slot changes. */
  #keep(slot: number): void {
    this.#before?.keep(slot, this.#counts, this.#sightings, this.#drops);
  }

  #grow(): void {
    const before = [this.#sightings.buffer, this.#counts.buffer];
    this.#sightings = grown(this.#sightings, new Float64Array(this.#index.capacity));
    this.#counts = grown(this.#counts, new Float64Array(this.#index.capacity * width));
    freeMemory(before);
  }

  /**
   * Keeps no longer what is in the sums of a span that is part of this one. Both hold all of theirs until then, and what
   * is in `inner` is in here.
   */
  divide(inner: LaneSums): void {
    this.#inner = inner;
    if (this.#sightings.length < inner.#sightings.length) this.#grow();
    for (let at = 0; at < inner.#counts.length; at++) {
      this.#counts[at] = Math.max(0, (this.#counts[at] as number) - (inner.#counts[at] as number));
    }
    for (let slot = 0; slot < inner.#sightings.length; slot++) {
      this.#sightings[slot] = Math.max(0, (this.#sightings[slot] as number) - (inner.#sightings[slot] as number));
    }
    this.#drops.takeAll(inner.#drops);
  }

  /**
   * Takes out rows that were put in before, of which none are in `inner`.
   * @param outer gets what is taken out. @returns the slots of which nothing is left
   */
  remove(
    { counters, drops }: Rows,
    slots: Int32Array,
    sightings: Float64Array | null,
    outer: LaneSums | null,
  ): number[] {
    if (outer !== null && outer.#sightings.length < this.#index.capacity) outer.#grow();
    for (const slot of slots) {
      if (slot === noSlot) continue;
      this.#keep(slot);
      if (outer !== null) outer.#keep(slot);
    }
    const emptied: number[] = [];
    for (const [row, dropped] of drops) {
      const taken = this.#drops.take(slots[row] as number, dropped);
      if (outer !== null && taken !== noDrops) outer.#drops.add(slots[row] as number, taken);
    }
    const seen = this.#sightings;
    const [outerCounts, outerSeen] = outer === null ? [null, null] : [outer.#counts, outer.#sightings];
    for (let row = 0; row < slots.length; row++) {
      const slot = slots[row] as number;
      // Of rows for which there was no room nothing can be taken out.
      if (slot === noSlot || !((seen[slot] ?? 0) > 0)) continue;
      for (let i = 0; i < width; i++) {
        move(this.#counts, slot * width + i, outerCounts, (counters[i] as Column)[row] as number);
      }
      move(seen, slot, outerSeen, sightings === null ? 1 : (sightings[row] as number));
      if (seen[slot] === 0) this.clear(slot);
      if (!this.has(slot)) emptied.push(slot);
    }
    return emptied;
  }

  /** Makes a slot as if nothing had ever been put into it. */
  clear(slot: number): void {
    if (slot >= this.#sightings.length) return;
    this.#keep(slot);
    this.#sightings[slot] = 0;
    this.#counts.fill(0, slot * width, (slot + 1) * width);
    this.#drops.clear(slot);
  }

  has(slot: number): boolean {
    return (this.#sightings[slot] ?? 0) > 0 || (this.#inner?.has(slot) ?? false);
  }

  /** These, and those that are part of them. */
  #parts(): readonly LaneSums[] {
    return this.#inner === null ? [this] : [this, ...this.#inner.#parts()];
  }

  /** The slots of which anything is in this span, in order. */
  slots(): Uint32Array {
    const slots = new Uint32Array(this.#index.capacity);
    let length = 0;
    for (let slot = 0; slot < slots.length; slot++) if (this.has(slot)) slots[length++] = slot;
    return slots.subarray(0, length);
  }

  /** Lets the sums of this moment be read until `forget`, whatever is added or taken out. For one reader at a time. */
  remember(memory: PartMemory): void {
    for (const part of this.#parts()) part.#before = new SumsBefore(part.#sightings.length, memory);
  }

  forget(): void {
    for (const part of this.#parts()) {
      part.#before?.end();
      part.#before = null;
    }
  }

  /** What slots held at the moment of `remember`. @param counts gets `width` numbers for each. @param sightings gets one */
  readRemembered(slots: Uint32Array, counts: Float64Array, sightings: Float64Array): void {
    counts.fill(0);
    sightings.fill(0);
    for (const part of this.#parts()) part.#addRemembered(slots, counts, sightings);
  }

  #addRemembered(slots: Uint32Array, counts: Float64Array, sightings: Float64Array): void {
    const before = this.#before;
    // What nothing has left yet is all in the shorter spans.
    if (this.#sightings.length === 0) return;
    for (let row = 0; row < slots.length; row++) {
      const slot = slots[row] as number;
      let [from, at, seen]: [Float64Array, number, number] = [this.#counts, slot * width, this.#sightings[slot] ?? 0];
      if (before?.has(slot) === true) ({ counts: from, at, sightings: seen } = before.of(slot));
      if (seen === 0) continue;
      sightings[row] = (sightings[row] as number) + seen;
      for (let i = 0; i < width; i++) {
        const to = row * width + i;
        counts[to] = (counts[to] as number) + (from[at + i] as number);
      }
    }
  }

  /** What was dropped of slots at the moment of `remember`, by their place among them. */
  rememberedDrops(slots: Uint32Array): ReadonlyMap<number, Drops> {
    const drops = new Map<number, Drops>();
    for (const part of this.#parts()) {
      for (let row = 0; row < slots.length; row++) {
        const slot = slots[row] as number;
        const own = part.#before?.has(slot) === true ? part.#before.dropsOf(slot) : part.#drops.of(slot);
        if (own !== undefined) drops.set(row, sumOfDrops(drops.get(row), own));
      }
    }
    return drops;
  }

  /** The edge of an entry in this span; null when it was not seen in it. */
  edge({ id, slot: latest }: Entry): Edge | null {
    const sides: Record<Role, Observation | null> = { client: null, server: null };
    const services = new Map<string, ServiceRef>();
    const index = this.#index;
    for (let slot = latest; slot !== noSlot; slot = index.besideAt(slot)) {
      if (!this.has(slot)) continue;
      const { reporter, service } = index.laneAt(slot) as Lane;
      sides[reporter] = this.#observe(slot, sides[reporter]);
      if (service !== null) services.set(`${service.namespace}/${service.name}`, service);
    }
    return sides.client === null && sides.server === null ? null : makeEdge(id, services.values(), sides);
  }

  #observe(slot: number, beside: Observation | null): Observation {
    const index = this.#index;
    const [counters, drops] = this.#sumsAt(slot);
    const [firstSeenUnixMs, lastSeenUnixMs] = [index.firstSeenAt(slot), index.lastSeenAt(slot)];
    const evidence = index.evidenceAt(slot);
    const serverNames = mergeNames(beside?.serverNames ?? noNames, index.namesAt(slot));
    if (beside === null) {
      const directionBy = directionEvidence[evidence] ?? 'ports';
      return { counters, drops, directionBy, serverNames, firstSeenUnixMs, lastSeenUnixMs };
    }
    for (const name of counterNames) counters[name] += beside.counters[name];
    return {
      counters,
      drops: sumOfDrops(beside.drops, drops),
      directionBy: directionEvidence[Math.max(evidence, directionEvidence.indexOf(beside.directionBy))] ?? 'ports',
      serverNames,
      firstSeenUnixMs: Math.min(firstSeenUnixMs, beside.firstSeenUnixMs),
      lastSeenUnixMs: Math.max(lastSeenUnixMs, beside.lastSeenUnixMs),
    };
  }

  #sumsAt(slot: number): readonly [MutableCounters, Drops] {
    const counters = zeroCounters();
    let drops = noDrops;
    for (const part of this.#parts()) {
      if (!((part.#sightings[slot] ?? 0) > 0)) continue;
      const own = countersAt(part.#counts, slot * width);
      for (const name of counterNames) counters[name] += own[name];
      const dropped = part.#drops.of(slot);
      if (dropped !== undefined) drops = sumOfDrops(drops, dropped);
    }
    return [counters, drops];
  }

  /** How much each edge carried, by its number: the larger of what its two sides reported, as in the edge. */
  amounts(by: TopBy): Float64Array {
    const sums = by === 'bytes' ? [toServer, toClient] : [established];
    const amounts = new Float64Array(this.#index.edgeNumbers);
    const sides = new Float64Array(2 * amounts.length);
    for (const counter of sums) {
      sides.fill(0);
      for (const part of this.#parts()) part.#addAmounts(counter, sides);
      for (let edge = 0; edge < amounts.length; edge++) {
        const larger = Math.max(sides[2 * edge] as number, sides[2 * edge + 1] as number);
        amounts[edge] = (amounts[edge] as number) + larger;
      }
    }
    return amounts;
  }

  #addAmounts(counter: number, sides: Float64Array): void {
    const { edgeOf, isServer } = this.#index.places;
    const [seen, counts] = [this.#sightings, this.#counts];
    for (let slot = 0; slot < seen.length; slot++) {
      if (seen[slot] === 0) continue;
      const side = 2 * (edgeOf[slot] as number) + (isServer[slot] as number);
      sides[side] = (sides[side] as number) + (counts[slot * width + counter] as number);
    }
  }
}
