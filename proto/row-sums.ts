import { type CounterName, counterNames, directionEvidence, type FlowRecord, protocols } from '../core/flow.ts';
import type { UnixMs } from '../core/time.ts';
import type { RowColumns } from './column-batch.ts';
import { roles } from './dictionary.ts';
import { Numbering, Renumbering } from './numbering.ts';

/** Beyond what is exact a sum is kept as the largest exact number: a lower bound. */
function sum(a: number, b: number): number {
  return Math.min(a + b, Number.MAX_SAFE_INTEGER);
}

/** Sums rows by their edges, in a dictionary of its own: how records become columns and how batches are merged. */
export class RowSums {
  readonly #numbering = new Numbering();
  readonly #counters = Object.fromEntries(counterNames.map((name) => [name, []])) as unknown as Record<
    CounterName,
    number[]
  >;
  readonly #first: UnixMs[] = [];
  readonly #last: UnixMs[] = [];
  /** Packets by reason, of the rows that have any. */
  readonly #drops = new Map<number, Map<number, number>>();

  get length(): number {
    return this.#first.length;
  }

  addRecord(record: FlowRecord): void {
    const numbering = this.#numbering;
    const { seenAs, remoteName, counters, drops } = record;
    const row = numbering.edge({
      pod: numbering.pod(record.pod),
      role: roles.indexOf(record.role),
      protocol: protocols.indexOf(record.protocol),
      directionBy: directionEvidence.indexOf(record.directionBy),
      remote: numbering.address(record.remote),
      port: record.port,
      seenAs: seenAs === null ? 0 : numbering.address(seenAs.address) + 1,
      seenAsPort: seenAs?.port ?? 0,
      name: remoteName === null ? 0 : numbering.name(remoteName) + 1,
    });
    this.#seen(row, record.firstSeenUnixMs, record.lastSeenUnixMs);
    for (const name of counterNames) this.#count(name, row, counters[name]);
    for (const [reason, packets] of Object.entries(drops)) this.#drop(row, numbering.reason(reason), packets);
  }

  addRows(rows: RowColumns): void {
    const renumbering = new Renumbering(rows.dictionary, this.#numbering);
    const own = Array.from(rows.edges, (edge) => renumbering.edge(edge));
    for (const [i, row] of own.entries()) {
      this.#seen(row, rows.firstSeenUnixMs[i] as number, rows.lastSeenUnixMs[i] as number);
    }
    for (const name of counterNames) {
      const column = rows.counters[name];
      for (const [i, row] of own.entries()) this.#count(name, row, column[i] as number);
    }
    const { drops } = rows;
    for (const [i, at] of drops.rows.entries()) {
      const reason = renumbering.reason(drops.reasons[i] as number);
      this.#drop(own[at] as number, reason, drops.packets[i] as number);
    }
  }

  #seen(row: number, first: UnixMs, last: UnixMs): void {
    this.#first[row] = Math.min(this.#first[row] ?? first, first);
    this.#last[row] = Math.max(this.#last[row] ?? last, last);
  }

  #count(name: CounterName, row: number, count: number): void {
    const column = this.#counters[name];
    column[row] = sum(column[row] ?? 0, count);
  }

  #drop(row: number, reason: number, packets: number): void {
    const own = this.#drops.get(row) ?? new Map<number, number>();
    own.set(reason, sum(own.get(reason) ?? 0, packets));
    this.#drops.set(row, own);
  }

  /** Everything that was added; every edge has the number of its row. */
  columns(): RowColumns {
    const drops = [...this.#drops]
      .toSorted(([a], [b]) => a - b)
      .flatMap(([row, own]) => [...own].map(([reason, packets]) => ({ row, reason, packets })));
    return {
      dictionary: this.#numbering.dictionary,
      edges: Uint32Array.from({ length: this.length }, (_, row) => row),
      counters: Object.fromEntries(
        counterNames.map((name) => [name, Float64Array.from(this.#counters[name])]),
      ) as unknown as Record<CounterName, Float64Array>,
      firstSeenUnixMs: Float64Array.from(this.#first),
      lastSeenUnixMs: Float64Array.from(this.#last),
      drops: {
        rows: Uint32Array.from(drops, ({ row }) => row),
        reasons: Uint32Array.from(drops, ({ reason }) => reason),
        packets: Float64Array.from(drops, ({ packets }) => packets),
      },
      coded: null,
    };
  }
}

/** Records by column, with a dictionary of their own. Records of one edge become one row. */
export function columnsOf(records: Iterable<FlowRecord>): RowColumns {
  const sums = new RowSums();
  for (const record of records) sums.addRecord(record);
  return sums.columns();
}
