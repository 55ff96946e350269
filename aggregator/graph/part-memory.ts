import { freeMemory } from './free-memory.ts';

/** Memory for columns of which each is needed until the next one of its name: what is made for each is old when it goes. */
export class PartMemory {
  readonly #columns = new Map<string, Float64Array>();
  readonly #free: Float64Array[] = [];

  /**
   * Memory for so many numbers, whatever is in it.
   * @param name of what lies there: what lay there under the same name before is there no more
   */
  float64(name: string, length: number): Float64Array {
    let column = this.#columns.get(name);
    if (column === undefined || column.length < length) {
      if (column !== undefined) freeMemory([column.buffer]);
      column = new Float64Array(length);
      this.#columns.set(name, column);
    }
    return column.subarray(0, length);
  }

  /** Lends memory for so many numbers, whatever is in it, until it is given back. @param length always the same */
  lend(length: number): Float64Array {
    return this.#free.pop() ?? new Float64Array(length);
  }

  giveBack(lent: readonly Float64Array[]): void {
    this.#free.push(...lent);
  }

  /** Nobody looks at any of it any more. To be called once, when all that was lent is given back. */
  end(): void {
    freeMemory([...this.#columns.values(), ...this.#free].map(({ buffer }) => buffer));
  }
}
