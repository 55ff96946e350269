import type { Coverage, NodeCoverage } from '../../core/coverage.ts';
import type { Edge } from '../../core/edge.ts';
import type { Scope } from '../../core/scope.ts';
import type { UnixMs, Window } from '../../core/time.ts';
import type { Contribution } from './contribution.ts';
import { edgesIn, topIn } from './graph.ts';
import { LaneIndex } from './lane-index.ts';
import { LaneSums, type TopBy } from './lane-sums.ts';
import { WatchedNodes } from './watched.ts';

/** The stage under which rows are counted that the graph had no room for. */
const graphStage = 'aggregator-graph';

/** What was seen and watched in one span of time. Several may share an index of lanes. */
export class Fold {
  readonly #index: LaneIndex;
  readonly sums: LaneSums;
  readonly watched = new WatchedNodes();
  #firstUnixMs: UnixMs = Infinity;
  #lastUnixMs: UnixMs = 0;

  constructor(index: LaneIndex) {
    this.#index = index;
    this.sums = new LaneSums(index);
  }

  /** One of its own. @param maxEdges rows of further edges are counted and left out */
  static of(maxEdges: number): Fold {
    return new Fold(new LaneIndex(maxEdges));
  }

  /** @param slots of the rows' lanes in the index, when they were taken before */
  add(contribution: Contribution, slots: Int32Array = this.#index.take(contribution.rows)): void {
    this.sums.add(contribution.rows, slots, contribution.sightings);
    this.watch(contribution);
  }

  /** Takes what was watched, and not what was seen: that is in sums which are part of these. */
  watch({ window, watched }: Omit<Contribution, 'rows'>): void {
    this.watched.add(watched);
    this.#firstUnixMs = Math.min(this.#firstUnixMs, window.startUnixMs);
    this.#lastUnixMs = Math.max(this.#lastUnixMs, window.endUnixMs);
  }

  /**
   * Takes out what was put in before.
   * @param outer gets what was seen. @returns the slots of which nothing is left in this span
   */
  remove({ watched, rows, sightings }: Contribution, outer: Fold | null = null): number[] {
    this.watched.remove(watched);
    return this.sums.remove(rows, this.#index.find(rows.lanes), sightings, outer?.sums ?? null);
  }

  /** Nothing that begins earlier is in it any more. */
  beginsAt(unixMs: UnixMs): void {
    this.#firstUnixMs = Math.max(this.#firstUnixMs, unixMs);
  }

  /** From the start of the first window in it to the end of the last; null when there is none. */
  get window(): Window | null {
    if (this.watched.all.windows === 0) return null;
    return { startUnixMs: this.#firstUnixMs, endUnixMs: this.#lastUnixMs };
  }

  /** Sorted by client, server, protocol and port. */
  edges(scope: Scope): readonly Edge[] {
    return edgesIn(this.#index, this.sums, scope);
  }

  /** The edges that carried most, the largest first. */
  top(by: TopBy, limit: number): readonly Edge[] {
    return topIn(this.#index, this.sums, by, limit);
  }

  /** @param nodes every node that the cluster has */
  coverage(nodes: readonly string[]): Coverage {
    const { overflowedRows } = this.#index;
    const { windows, incompleteWindows, losses } = this.watched.all;
    return {
      windows,
      incompleteWindows,
      losses: overflowedRows === 0 ? losses : { ...losses, [graphStage]: (losses[graphStage] ?? 0) + overflowedRows },
      span: windows === 0 ? null : { firstUnixMs: this.#firstUnixMs, lastUnixMs: this.#lastUnixMs },
      nodesWithoutAgent: nodes.filter((node) => !this.watched.has(node)).toSorted(),
    };
  }

  /** One node's part of it. */
  nodeCoverage(node: string): NodeCoverage {
    return this.watched.of(node);
  }
}
