/**
 * Which segments were taken in. Ids count up by one where several processes commit, and what one has committed itself it
 * has at once: `through` is up to where none is missing, the others are held one by one.
 */
export class TakenIds {
  readonly #isShared: boolean;
  readonly #ahead = new Set<number>();
  #through: number;

  /** @param isShared whether there are others whose segments come later than one's own */
  constructor(isShared: boolean, through: number) {
    this.#isShared = isShared;
    this.#through = through;
  }

  /** All segments up to here were taken in. */
  get through(): number {
    return this.#through;
  }

  /** What was taken in of those behind `through`. */
  get ahead(): ReadonlySet<number> {
    return this.#ahead;
  }

  /** @returns false when it was taken before */
  take(id: number): boolean {
    if (id <= this.#through || this.#ahead.has(id)) return false;
    if (!this.#isShared) {
      this.#through = id;
      return true;
    }
    this.#ahead.add(id);
    while (this.#ahead.delete(this.#through + 1)) this.#through++;
    return true;
  }
}
