/** What every end has. */
export const nothingDemanded = 0;

/** Whether an end has what is demanded. @param bits of the end, as `Demands` made them */
export function has(bits: Uint32Array, demand: number): boolean {
  return demand === nothingDemanded || (((bits[demand >>> 5] as number) >>> (demand & 31)) & 1) === 1;
}

/** Numbers what the peers of rules demand of an end, so that most rules are told in a few bits not to match it. */
export class Demands {
  readonly #numbers = new Map<string, number>();

  /** @param texts all that is demanded anywhere */
  constructor(texts: Iterable<string>) {
    for (const text of texts) if (!this.#numbers.has(text)) this.#numbers.set(text, this.#numbers.size + 1);
  }

  /** @param text one of those given, or null for what every end has */
  numberOf(text: string | null): number {
    return text === null ? nothingDemanded : (this.#numbers.get(text) ?? nothingDemanded);
  }

  /** One bit for each demand that an end meets with what it has. */
  bitsOf(texts: readonly string[]): Uint32Array {
    const bits = new Uint32Array((this.#numbers.size >>> 5) + 1);
    for (const text of texts) {
      const number = this.numberOf(text);
      if (number !== nothingDemanded) bits[number >>> 5] = (bits[number >>> 5] as number) | (1 << (number & 31));
    }
    return bits;
  }
}
