import type { EntryDelta, EntryLayout } from './deltas.ts';
import { overflowLayout, readCount } from './layout.ts';

interface Sum {
  /** Key and value of the first event. */
  readonly entry: Buffer;
  readonly firstNs: number;
  lastNs: number;
  readonly counters: number[];
}

/** Adds up the events of edges that the kernel's maps had no room for, until they are drained. */
export class OverflowTable {
  readonly #layouts: readonly EntryLayout[];
  readonly #maxEdges: number;
  #sums: Map<string, Sum>[];
  #edges = 0;
  #lost = 0;

  /** @param layouts in the order of `enum edge_map` @param maxEdges events of further edges are lost, and counted */
  constructor(layouts: readonly EntryLayout[], maxEdges: number) {
    this.#layouts = layouts;
    this.#maxEdges = maxEdges;
    this.#sums = layouts.map(() => new Map());
  }

  /** @param records of the overflow ring, one after the other */
  add(records: Buffer): void {
    for (let at = 0; at < records.length; at += overflowLayout.size) {
      const map = records.readUInt32LE(at + overflowLayout.map);
      const layout = this.#layouts[map] as EntryLayout;
      const keyAt = at + overflowLayout.key;
      const valueAt = at + overflowLayout.value;
      const key = records.toString('latin1', keyAt, keyAt + layout.keySize);
      const lastNs = readCount(records, valueAt + layout.lastNs);
      const counters = layout.counters.map((offset) => readCount(records, valueAt + offset));
      const sums = this.#sums[map] as Map<string, Sum>;
      const sum = sums.get(key);
      if (sum !== undefined) {
        sum.lastNs = Math.max(sum.lastNs, lastNs);
        for (const [i, count] of counters.entries()) sum.counters[i] = (sum.counters[i] as number) + count;
      } else if (this.#edges < this.#maxEdges) {
        const value = records.subarray(valueAt, valueAt + layout.valueSize);
        const entry = Buffer.concat([records.subarray(keyAt, keyAt + layout.keySize), value]);
        sums.set(key, { entry, firstNs: readCount(value, layout.firstNs), lastNs, counters });
        this.#edges++;
      } else {
        this.#lost++;
      }
    }
  }

  /** What was added since the last call, by map, and how many events were lost. */
  drain(): { readonly deltas: readonly (readonly EntryDelta[])[]; readonly lost: number } {
    const deltas = this.#sums.map((sums) =>
      Array.from(sums.values(), ({ entry, ...rest }) => ({ buffer: entry, offset: 0, ...rest })),
    );
    const lost = this.#lost;
    this.#sums = this.#layouts.map(() => new Map());
    this.#edges = 0;
    this.#lost = 0;
    return { deltas, lost };
  }
}
