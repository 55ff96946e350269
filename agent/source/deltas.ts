import { readCount } from './layout.ts';

/** How the entries of one kernel map look. Offsets of times and counters are within the value. */
export interface EntryLayout {
  readonly keySize: number;
  readonly valueSize: number;
  readonly firstNs: number;
  readonly lastNs: number;
  /** Offsets of the counters, in the order in which deltas are given. */
  readonly counters: readonly number[];
}

/** What an entry gained since it was read before. */
export interface EntryDelta {
  /** The key's bytes, at `offset` in `buffer`, and the value's behind them. */
  readonly buffer: Buffer;
  readonly offset: number;
  readonly firstNs: number;
  readonly lastNs: number;
  readonly counters: readonly number[];
}

interface Known {
  counters: readonly number[];
  lastNs: number;
  /** Monotonic time at which the entry last gained something. */
  changedNs: number;
}

/** What is known of an entry, for a later start. The key is bytes as latin1 text. */
export type KnownEntry = readonly [key: string, lastNs: number, counters: readonly number[]];

/**
 * Turns a kernel map whose counters only grow into what came new. The kernel's entries stay where they are while they
 * are in use, so no update can fall between reading and clearing; idle ones are named for removal.
 */
export class DeltaTable {
  readonly #layout: EntryLayout;
  readonly #known = new Map<string, Known>();

  constructor(layout: EntryLayout) {
    this.#layout = layout;
  }

  /** Entries that the kernel holds, as of the last read. */
  get size(): number {
    return this.#known.size;
  }

  state(): KnownEntry[] {
    return Array.from(this.#known, ([key, { lastNs, counters }]) => [key, lastNs, counters]);
  }

  /**
   * Goes on from an earlier start's state. @param entries what the kernel holds now, which alone can have grown: an
   * entry that is gone, or was taken out and made anew since, begins from nothing
   */
  restore(state: readonly KnownEntry[], entries: Buffer, nowNs: number): void {
    const { keySize, valueSize, firstNs, counters: offsets } = this.#layout;
    const earlier = new Map(state.map(([key, lastNs, counters]) => [key, { lastNs, counters }]));
    for (let offset = 0; offset < entries.length; offset += keySize + valueSize) {
      const key = entries.toString('latin1', offset, offset + keySize);
      const known = earlier.get(key);
      const value = offset + keySize;
      if (known === undefined || readCount(entries, value + firstNs) > known.lastNs) continue;
      if (offsets.some((each, i) => readCount(entries, value + each) < (known.counters[i] as number))) continue;
      this.#known.set(key, { ...known, changedNs: nowNs });
    }
  }

  /** @param entries keys and values one after the other. */
  read(entries: Buffer, nowNs: number): EntryDelta[] {
    const { keySize, valueSize } = this.#layout;
    const deltas: EntryDelta[] = [];
    for (let offset = 0; offset < entries.length; offset += keySize + valueSize) {
      const delta = this.#compare(entries, offset, nowNs);
      if (delta !== null) deltas.push(delta);
    }
    return deltas;
  }

  #compare(entries: Buffer, offset: number, nowNs: number): EntryDelta | null {
    const { keySize, counters: offsets, firstNs, lastNs } = this.#layout;
    const key = entries.toString('latin1', offset, offset + keySize);
    const value = offset + keySize;
    const known = this.#known.get(key);
    const last = readCount(entries, value + lastNs);
    const now = offsets.map((each) => readCount(entries, value + each));
    const counters = known === undefined ? now : now.map((count, i) => count - (known.counters[i] as number));
    const gained = counters.some((count) => count !== 0);
    if (known === undefined) {
      this.#known.set(key, { counters: now, lastNs: last, changedNs: nowNs });
    } else {
      // An entry that only remembers who spoke first is in use too.
      if (gained || last > known.lastNs) known.changedNs = nowNs;
      known.counters = now;
    }
    if (!gained) return null;
    // The first read tells when the entry was made; later ones know only that it was after the last sighting.
    const first = known === undefined ? readCount(entries, value + firstNs) : Math.min(last, known.lastNs + 1);
    if (known !== undefined) known.lastNs = last;
    return { buffer: entries, offset, firstNs: first, lastNs: last, counters };
  }

  /** Keys, one after the other, of the entries that `isOver` says. @param isOver told when an entry was last in use */
  keysToFree(isOver: (key: Buffer, changedNs: number) => boolean): Buffer {
    const free: Buffer[] = [];
    for (const [text, { changedNs }] of this.#known) {
      const key = Buffer.from(text, 'latin1');
      if (isOver(key, changedNs)) free.push(key);
    }
    return Buffer.concat(free);
  }

  /** Forgets entries that were taken out of the kernel; what they gained at the very end is returned. */
  forget(taken: Buffer, nowNs: number): EntryDelta[] {
    const { keySize, valueSize } = this.#layout;
    const last = this.read(taken, nowNs);
    for (let offset = 0; offset < taken.length; offset += keySize + valueSize) {
      this.#known.delete(taken.toString('latin1', offset, offset + keySize));
    }
    return last;
  }
}
