import type { Edge } from '../../core/edge.ts';
import type { Scope } from '../../core/scope.ts';
import { sortEdges } from './edges.ts';
import { LaneIndex } from './lane-index.ts';
import { LaneSums, type TopBy } from './lane-sums.ts';
import type { Rows } from './rows.ts';

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
  const amounts = sums.amounts(by);
  const byAmount = (a: number, b: number) => (amounts[b] as number) - (amounts[a] as number) || a - b;
  let largest: number[] = [];
  let least = 0;
  for (let number = 0; number < amounts.length; number++) {
    if ((amounts[number] as number) <= least) continue;
    if (largest.push(number) < 2 * limit) continue;
    largest = largest.sort(byAmount).slice(0, limit);
    least = amounts[largest.at(-1) as number] as number;
  }
  return largest
    .sort(byAmount)
    .slice(0, limit)
    .flatMap((number) => {
      const entry = index.edgeAt(number);
      return entry === null ? [] : (sums.edge(entry) ?? []);
    });
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
