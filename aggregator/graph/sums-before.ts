import type { Drops } from '../../core/flow.ts';
import { grown } from './grown.ts';
import { width } from './rows.ts';

/**
 * What sums held at a moment, of those slots that have changed since: whoever reads the sums as they were then takes all
 * others from the sums themselves, so that they need not be copied.
 */
export class SumsBefore {
  /** By slot: where what it held is kept, plus 1; 0 for one that has not changed. Empty while none has. */
  #placeOf = new Uint32Array(0);
  #counts = new Float64Array(64 * width);
  #sightings = new Float64Array(64);
  readonly #drops = new Map<number, Drops>();
  #kept = 0;
  readonly #slots: number;

  /** @param slots how many there is room for at the moment: in those that come later nothing was */
  constructor(slots: number) {
    this.#slots = slots;
  }

  /** To be called before a slot changes. @param counts, sightings, drops of all slots */
  keep(slot: number, counts: Float64Array, sightings: Float64Array, drops: ReadonlyMap<number, Drops>): void {
    if (this.has(slot)) return;
    if (this.#kept === this.#sightings.length) this.#grow();
    if (this.#placeOf.length === 0) this.#placeOf = new Uint32Array(this.#slots);
    const place = this.#kept++;
    this.#placeOf[slot] = place + 1;
    this.#sightings[place] = sightings[slot] as number;
    for (let i = 0; i < width; i++) this.#counts[place * width + i] = counts[slot * width + i] as number;
    const dropped = drops.get(slot);
    if (dropped !== undefined) this.#drops.set(slot, dropped);
  }

  /** Whether what a slot held is told here, because it has changed. */
  has(slot: number): boolean {
    return slot >= this.#slots || (this.#placeOf[slot] ?? 0) > 0;
  }

  /** What a slot held that has changed: counts begin at `at`, if it had any sightings. */
  of(slot: number): { readonly counts: Float64Array; readonly at: number; readonly sightings: number } {
    const place = (this.#placeOf[slot] ?? 0) - 1;
    return { counts: this.#counts, at: place * width, sightings: this.#sightings[place] ?? 0 };
  }

  /** What was dropped of a slot that has changed. */
  dropsOf(slot: number): Drops | undefined {
    return this.#drops.get(slot);
  }

  #grow(): void {
    this.#counts = grown(this.#counts, new Float64Array(2 * this.#counts.length));
    this.#sightings = grown(this.#sightings, new Float64Array(2 * this.#sightings.length));
  }
}
