/** What became of the batches that arrived since the start: seen = committed + duplicate + rejected + pending. */
export interface IngestLedger {
  readonly seen: number;
  readonly committed: number;
  /** Sent again although they, or later ones, were committed before. */
  readonly duplicate: number;
  /** Could not be decoded, came out of order, could not be stored, or their stream ended first: never acknowledged. */
  readonly rejected: number;
  /** Under way. */
  readonly pending: number;
}

export type Fate = 'committed' | 'duplicate' | 'rejected';

/** Counts batches by what became of them. */
export class IngestCounts {
  readonly #fates: Record<Fate, number> = { committed: 0, duplicate: 0, rejected: 0 };
  #seen = 0;
  #pending = 0;

  arrived(): void {
    this.#seen++;
    this.#pending++;
  }

  ended(fate: Fate): void {
    this.#fates[fate]++;
    this.#pending--;
  }

  get ledger(): IngestLedger {
    return { seen: this.#seen, ...this.#fates, pending: this.#pending };
  }
}
