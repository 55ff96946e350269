/**
 * Memory for copies of large columns that are made one after the other: what is made for each would be more than all that
 * is copied, until the whole heap is collected.
 */
export class CopyMemory {
  readonly #columns = new Map<string, Float64Array>();

  /**
   * Memory for so many numbers, whatever is in it.
   * @param name of what is copied there: what was copied under the same name before is there no more
   */
  float64(name: string, length: number): Float64Array {
    let column = this.#columns.get(name);
    if (column === undefined || column.length < length) {
      // The next copy may have some more.
      column = new Float64Array(Math.ceil(1.02 * length));
      this.#columns.set(name, column);
    }
    return column.subarray(0, length);
  }
}
