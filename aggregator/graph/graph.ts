import type { Edge } from '../../core/edge.ts';
import type { Scope } from '../../core/scope.ts';
import { sortEdges } from './edges.ts';
import { LaneIndex } from './lane-index.ts';
import { LaneSums, type TopBy } from './lane-sums.ts';
import type { Rows } from './rows.ts';
import type { Entry } from './scope-index.ts';

/** The whole cluster. */
export const everywhere: Scope = { namespace: null, workload: null };

/** The edges of a scope that were seen in a span, sorted by client, server, protocol and port. */
export function edgesIn(index: LaneIndex, sums: LaneSums, scope: Scope): readonly Edge[] {
  const edges: Edge[] = [];
  for (const entry of index.entries(scope)) {
    const edge = sums.edge(entry);
    if (edge !== null) edges.push(edge);
  }
  return sortEdges(edges);
}

/** The edges that carried most in a span, the largest first. Only these are made. */
export function topIn(index: LaneIndex, sums: LaneSums, by: TopBy, limit: number): readonly Edge[] {
  const largest: { readonly entry: Entry; readonly amount: number }[] = [];
  let least = 0;
  for (const entry of index.entries(everywhere)) {
    const amount = sums.amountOf(entry, by);
    if (amount <= least) continue;
    largest.push({ entry, amount });
    if (largest.length < 2 * limit) continue;
    largest.sort((a, b) => b.amount - a.amount);
    largest.length = limit;
    least = largest.at(-1)?.amount ?? 0;
  }
  largest.sort((a, b) => b.amount - a.amount || (a.entry.key < b.entry.key ? -1 : 1));
  return largest.slice(0, limit).flatMap(({ entry }) => sums.edge(entry) ?? []);
}

/** The workload graph over some span of time: the sum of the rows that were put in. Bounded in edges. */
export class Graph {
  readonly #index: LaneIndex;
  readonly #sums: LaneSums;

  /** @param maxEdges rows of further edges are counted and left out */
  constructor(maxEdges: number) {
    this.#index = new LaneIndex(maxEdges);
    this.#sums = new LaneSums(this.#index);
  }

  add(rows: Rows): void {
    this.#sums.add(rows, this.#index.take(rows), null);
  }

  /** Sorted by client, server, protocol and port. */
  edges(): readonly Edge[] {
    return edgesIn(this.#index, this.#sums, everywhere);
  }
}
