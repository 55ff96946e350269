import type { Drops } from '../../core/flow.ts';
import type { DropSums } from './drop-sums.ts';
import { freeMemory } from './free-memory.ts';
import type { PartMemory } from './part-memory.ts';
import { width } from './rows.ts';

/** Of each slot its sightings, then its counts. */
const stride = 1 + width;
const slotsPerChunk = 4_096;

const nothing = { counts: new Float64Array(width), at: 0, sightings: 0 };

/**
 * What sums held at a moment, of those slots that have changed since: whoever reads the sums as they were then takes all
 * others from the sums themselves, so that they need not be copied.
 */
export class SumsBefore {
  /** By slot: where what it held is kept, plus 1; 0 for one that has not changed. Empty while none has. */
  #placeOf = new Uint32Array(0);
  readonly #chunks: Float64Array[] = [];
  readonly #memory: PartMemory;
  readonly #drops = new Map<number, Drops>();
  #kept = 0;
  readonly #slots: number;

  /**
   * @param slots how many there is room for at the moment: in those that come later nothing was
   * @param memory lends what is needed, until `end`
   */
  constructor(slots: number, memory: PartMemory) {
    this.#slots = slots;
    this.#memory = memory;
  }

  /** To be called before a slot changes. @param counts, sightings, drops of all slots */
  keep(slot: number, counts: Float64Array, sightings: Float64Array, drops: Pick<DropSums, 'of'>): void {
    if (this.has(slot)) return;
    if (this.#placeOf.length === 0) this.#placeOf = new Uint32Array(this.#slots);
    const place = this.#kept++;
    this.#placeOf[slot] = place + 1;
    if (place % slotsPerChunk === 0) this.#chunks.push(this.#memory.lend(slotsPerChunk * stride));
    const chunk = this.#chunks.at(-1) as Float64Array;
    const at = (place % slotsPerChunk) * stride;
    chunk[at] = sightings[slot] as number;
    for (let i = 0; i < width; i++) chunk[at + 1 + i] = counts[slot * width + i] as number;
    const dropped = drops.of(slot);
    if (dropped !== undefined) this.#drops.set(slot, dropped);
  }

  /** Whether what a slot held is told here, because it has changed. */
  has(slot: number): boolean {
    return slot >= this.#slots || (this.#placeOf[slot] ?? 0) > 0;
  }

  /** What a slot held that has changed: counts begin at `at`, if it had any sightings. */
  of(slot: number): { readonly counts: Float64Array; readonly at: number; readonly sightings: number } {
    const place = (this.#placeOf[slot] ?? 0) - 1;
    const chunk = this.#chunks[Math.floor(place / slotsPerChunk)];
    if (chunk === undefined) return nothing;
    const at = (place % slotsPerChunk) * stride;
    return { counts: chunk, at: at + 1, sightings: chunk[at] as number };
  }

  /** What was dropped of a slot that has changed. */
  dropsOf(slot: number): Drops | undefined {
    return this.#drops.get(slot);
  }

  /** Gives back what was lent. To be called when nobody reads it any more. */
  end(): void {
    this.#memory.giveBack(this.#chunks);
    freeMemory([this.#placeOf.buffer]);
  }
}
