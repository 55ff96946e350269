import type { Edge, Observation } from '../../core/edge.ts';
import { counterNames, directionEvidence, type Drops, type Role } from '../../core/flow.ts';
import type { ServiceRef } from '../../core/identity.ts';
import { mergeNames } from '../../core/edge.ts';
import { makeEdge } from './edges.ts';
import type { Lane } from './lane.ts';
import { grown, type LaneIndex, noSlot } from './lane-index.ts';
import { countersAt, noDrops, noNames, type Rows, sumOfDrops, width } from './rows.ts';
import type { Entry } from './scope-index.ts';

/** By what the talkers of an answer are ordered. */
export type TopBy = 'bytes' | 'connections';

const [toServer, toClient] = [counterNames.indexOf('bytesToServer'), counterNames.indexOf('bytesToClient')];
const established = counterNames.indexOf('established');

/** What the rows of each lane add up to over one span of time. Several may share an index. */
export class LaneSums {
  readonly #index: LaneIndex;
  readonly #drops = new Map<number, Drops>();
  #counts = new Float64Array(0);
  /** How many rows of windows are in it, by slot: at zero the lane was not seen in this span. */
  #sightings = new Float64Array(0);

  constructor(index: LaneIndex) {
    this.#index = index;
  }

  /** @param slots of the rows' lanes. @param sightings as of Contribution */
  add({ counts, drops }: Rows, slots: Int32Array, sightings: Float64Array | null): void {
    if (this.#sightings.length < this.#index.capacity) this.#grow();
    const [sums, seen] = [this.#counts, this.#sightings];
    for (let row = 0; row < slots.length; row++) {
      const slot = slots[row] as number;
      if (slot === noSlot) continue;
      for (let at = slot * width, from = row * width, end = at + width; at < end; at++, from++) {
        sums[at] = (sums[at] as number) + (counts[from] as number);
      }
      seen[slot] = (seen[slot] as number) + (sightings === null ? 1 : (sightings[row] as number));
    }
    for (const [row, dropped] of drops) {
      const slot = slots[row] as number;
      if (slot !== noSlot) this.#drops.set(slot, sumOfDrops(this.#drops.get(slot), dropped));
    }
  }

  #grow(): void {
    this.#sightings = grown(this.#sightings, new Float64Array(this.#index.capacity));
    this.#counts = grown(this.#counts, new Float64Array(this.#index.capacity * width));
  }

  /** Takes out rows that were put in before. @returns the slots of which nothing is left */
  remove({ counts, drops }: Rows, slots: Int32Array, sightings: Float64Array | null): number[] {
    const [sums, seen] = [this.#counts, this.#sightings];
    const emptied: number[] = [];
    for (const [row, dropped] of drops) {
      const slot = slots[row] as number;
      const before = this.#drops.get(slot);
      if (before !== undefined) this.#drops.set(slot, withoutDrops(before, dropped));
    }
    for (let row = 0; row < slots.length; row++) {
      const slot = slots[row] as number;
      // Of rows for which there was no room nothing can be taken out.
      if (slot === noSlot || !((seen[slot] ?? 0) > 0)) continue;
      for (let at = slot * width, from = row * width, end = at + width; at < end; at++, from++) {
        sums[at] = Math.max(0, (sums[at] as number) - (counts[from] as number));
      }
      seen[slot] = Math.max(0, (seen[slot] as number) - (sightings === null ? 1 : (sightings[row] as number)));
      if (seen[slot] === 0) emptied.push(slot);
    }
    for (const slot of emptied) this.clear(slot);
    return emptied;
  }

  /** Makes a slot as if nothing had ever been put into it. */
  clear(slot: number): void {
    if (slot >= this.#sightings.length) return;
    this.#sightings[slot] = 0;
    this.#counts.fill(0, slot * width, (slot + 1) * width);
    this.#drops.delete(slot);
  }

  has(slot: number): boolean {
    return (this.#sightings[slot] ?? 0) > 0;
  }

  /** The sums of all slots below that one, as they are now. */
  copy(slots: number) {
    return {
      counts: this.#counts.slice(0, slots * width),
      sightings: this.#sightings.slice(0, slots),
      drops: new Map(this.#drops),
    };
  }

  /** The edge of an entry in this span; null when it was not seen in it. */
  edge({ id, slots }: Entry): Edge | null {
    const sides: Record<Role, Observation | null> = { client: null, server: null };
    const services = new Map<string, ServiceRef>();
    for (const slot of slots) {
      if (!this.has(slot)) continue;
      const { reporter, service } = this.#index.laneAt(slot) as Lane;
      sides[reporter] = this.#observe(slot, sides[reporter]);
      if (service !== null) services.set(`${service.namespace}/${service.name}`, service);
    }
    return sides.client === null && sides.server === null ? null : makeEdge(id, services.values(), sides);
  }

  #observe(slot: number, beside: Observation | null): Observation {
    const index = this.#index;
    const counters = countersAt(this.#counts, slot * width);
    const drops = this.#drops.get(slot) ?? noDrops;
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

  /** How much each edge carried, by its number: the larger of what its two sides reported, as in the edge. */
  amounts(by: TopBy): Float64Array {
    const { edgeOf, isServer } = this.#index.places;
    const sums = by === 'bytes' ? [toServer, toClient] : [established];
    const amounts = new Float64Array(this.#index.edgeNumbers);
    const sides = new Float64Array(2 * amounts.length);
    for (const counter of sums) {
      sides.fill(0);
      for (let slot = 0; slot < this.#sightings.length; slot++) {
        if (this.#sightings[slot] === 0) continue;
        const side = 2 * (edgeOf[slot] as number) + (isServer[slot] as number);
        sides[side] = (sides[side] as number) + (this.#counts[slot * width + counter] as number);
      }
      for (let edge = 0; edge < amounts.length; edge++) {
        const larger = Math.max(sides[2 * edge] as number, sides[2 * edge + 1] as number);
        amounts[edge] = (amounts[edge] as number) + larger;
      }
    }
    return amounts;
  }
}

function withoutDrops(from: Drops, taken: Drops): Drops {
  const left = Object.entries(from).map(([reason, packets]) => [reason, packets - (taken[reason] ?? 0)] as const);
  return Object.fromEntries(left.filter(([, packets]) => packets > 0));
}
