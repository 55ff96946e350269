import type { Coverage, NodeCoverage } from '../../core/coverage.ts';
import type { Edge } from '../../core/edge.ts';
import type { UnixMs } from '../../core/time.ts';
import { Graph } from './graph.ts';
import type { Segment } from './segment.ts';
import { Watched } from './watched.ts';

/** The stage under which rows are counted that the graph had no room for. */
const graphStage = 'aggregator-graph';

/** What a set of segments adds up to: the graph, and how much of the time was watched. */
export class Fold {
  readonly #graph: Graph;
  readonly #watched = new Watched();
  readonly #nodes = new Map<string, Watched>();
  #firstUnixMs: UnixMs = Infinity;
  #lastUnixMs: UnixMs = 0;

  constructor(maxEdges: number) {
    this.#graph = new Graph(maxEdges);
  }

  add(segment: Segment): void {
    this.#graph.add(segment.rows);
    const { node, window } = segment;
    const ofNode = this.#nodes.get(node) ?? new Watched();
    this.#nodes.set(node, ofNode);
    for (const each of [this.#watched, ofNode]) each.add(segment);
    this.#firstUnixMs = Math.min(this.#firstUnixMs, window.startUnixMs);
    this.#lastUnixMs = Math.max(this.#lastUnixMs, window.endUnixMs);
  }

  /** Takes out a segment that was put in before. The oldest go first: what remains begins after them. */
  remove(segment: Segment): void {
    this.#graph.remove(segment.rows);
    const { node, window } = segment;
    const ofNode = this.#nodes.get(node);
    this.#watched.remove(segment);
    ofNode?.remove(segment);
    if (ofNode?.isEmpty === true) this.#nodes.delete(node);
    this.#firstUnixMs = Math.max(this.#firstUnixMs, window.endUnixMs);
  }

  /** Sorted by client, server, protocol and port. */
  edges(): readonly Edge[] {
    return this.#graph.edges();
  }

  get edgeCount(): number {
    return this.#graph.size;
  }

  /** @param nodes every node that the cluster has */
  coverage(nodes: readonly string[]): Coverage {
    const { overflowedRows } = this.#graph;
    const { windows, incompleteWindows, losses } = this.#watched.coverage;
    return {
      windows,
      incompleteWindows,
      losses: overflowedRows === 0 ? losses : { ...losses, [graphStage]: (losses[graphStage] ?? 0) + overflowedRows },
      span: windows === 0 ? null : { firstUnixMs: this.#firstUnixMs, lastUnixMs: this.#lastUnixMs },
      nodesWithoutAgent: nodes.filter((node) => !this.#nodes.has(node)).toSorted(),
    };
  }

  /** One node's part of it. */
  nodeCoverage(node: string): NodeCoverage {
    return (this.#nodes.get(node) ?? new Watched()).coverage;
  }
}
