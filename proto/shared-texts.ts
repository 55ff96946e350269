/**
 * Gives equal texts as one object, so that what all streams say is held once: the addresses of a cluster, its namespaces,
 * names of the DNS. Bounded: when it is full it begins anew, and nothing is lost but that some texts are held twice.
 */
export class SharedTexts {
  readonly #max: number;
  readonly #known = new Map<string, string>();

  /** @param max how many texts are known; none with 0 */
  constructor(max: number) {
    this.#max = max;
  }

  /** How many texts are known. */
  get size(): number {
    return this.#known.size;
  }

  of<Text extends string>(text: Text): Text {
    const known = this.#known.get(text);
    if (known !== undefined) return known as Text;
    if (this.#known.size >= this.#max) this.#known.clear();
    if (this.#max > 0) this.#known.set(text, text);
    return text;
  }
}
