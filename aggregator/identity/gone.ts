import type { UnixMs } from '../../core/time.ts';

/** What is gone, in the order in which it went: no more than so many. */
export class Gone<Item> {
  readonly #max: number;
  #items: { readonly item: Item; readonly unixMs: UnixMs }[] = [];
  /** What is before it was taken out already. */
  #first = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** @returns the oldest when there are too many */
  add(item: Item, unixMs: UnixMs): Item | null {
    this.#items.push({ item, unixMs });
    return this.#items.length - this.#first > this.#max ? this.#shift() : null;
  }

  /** Takes out what went before that moment, one by one. */
  *before(unixMs: UnixMs): Generator<Item> {
    for (;;) {
      const first = this.#items[this.#first];
      if (first === undefined || first.unixMs >= unixMs) return;
      yield this.#shift();
    }
  }

  #shift(): Item {
    const { item } = this.#items[this.#first++] as { readonly item: Item };
    // Moving everything for each would take time in the square of how many there are.
    if (this.#first * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    return item;
  }
}
