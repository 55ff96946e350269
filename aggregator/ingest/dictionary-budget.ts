/** A stream with a dictionary. */
export interface DictionaryHolder {
  /** About how many bytes its dictionary takes, with all that is kept for it. */
  readonly dictionaryBytes: number;
}

/** Bounds what the dictionaries of all streams take together. */
export class DictionaryBudget<Holder extends DictionaryHolder> {
  readonly #maxBytes: number;
  readonly #bytesOf = new Map<Holder, number>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Takes the size of a dictionary after a batch. @returns the greediest of all when there is too much, which has to go */
  grown(holder: Holder): Holder | null {
    const bytes = holder.dictionaryBytes;
    this.#bytes += bytes - (this.#bytesOf.get(holder) ?? 0);
    this.#bytesOf.set(holder, bytes);
    if (this.#bytes <= this.#maxBytes) return null;
    let [greediest, most] = [holder, 0];
    for (const [each, taken] of this.#bytesOf) if (taken > most) [greediest, most] = [each, taken];
    return greediest;
  }

  /** The stream is gone, and its dictionary with it. */
  ended(holder: Holder): void {
    this.#bytes -= this.#bytesOf.get(holder) ?? 0;
    this.#bytesOf.delete(holder);
  }
}
