/**
 * Gathers of whom another answer may be given than before, at whatever moment is asked for: keys of pods (see podKeys)
 * and addresses. One key too many costs time, one too few a wrong name.
 */
export class Changes {
  #keys = new Set<string>();
  #blocks = false;

  /** The key of a pod, or an address. */
  readonly add = (key: string): void => {
    if (key !== '') this.#keys.add(key);
  };

  /** Blocks of addresses came or went: it matters for addresses that nobody is known to have. */
  addBlocks(): void {
    this.#blocks = true;
  }

  /** Gives what was gathered since it was last called. */
  take(): IdentityChange {
    const change = { keys: this.#keys, blocks: this.#blocks };
    this.#keys = new Set();
    this.#blocks = false;
    return change;
  }
}

/** What is to be asked for anew. */
export interface IdentityChange {
  /** Keys of pods and addresses. */
  readonly keys: ReadonlySet<string>;
  /** Every address that was outside, or that nobody was known to have. */
  readonly blocks: boolean;
}
