import type { Coverage } from '../../core/coverage.ts';
import type { Edge } from '../../core/edge.ts';
import { addDrops, type Losses } from '../../core/flow.ts';
import type { UnixMs } from '../../core/time.ts';
import { Graph } from './graph.ts';
import type { Segment } from './segment.ts';

/** The stage under which rows are counted that the graph had no room for. */
const graphStage = 'aggregator-graph';

/** What a set of segments adds up to: the graph, and how much of the time was watched. */
export class Fold {
  readonly #graph: Graph;
  readonly #losses = new Map<string, number>();
  /** Segments by node. */
  readonly #nodes = new Map<string, number>();
  #windows = 0;
  #incomplete = 0;
  #firstUnixMs: UnixMs = Infinity;
  #lastUnixMs: UnixMs = 0;

  constructor(maxEdges: number) {
    this.#graph = new Graph(maxEdges);
  }

  add(segment: Segment): void {
    this.#graph.add(segment.rows);
    this.#count(segment, 1);
    this.#firstUnixMs = Math.min(this.#firstUnixMs, segment.window.startUnixMs);
    this.#lastUnixMs = Math.max(this.#lastUnixMs, segment.window.endUnixMs);
  }

  /** Takes out a segment that was put in before. The oldest go first: what remains begins after them. */
  remove(segment: Segment): void {
    this.#graph.remove(segment.rows);
    this.#count(segment, -1);
    this.#firstUnixMs = Math.max(this.#firstUnixMs, segment.window.endUnixMs);
  }

  #count({ node, losses }: Segment, sign: 1 | -1): void {
    this.#windows += sign;
    if (Object.keys(losses).length > 0) this.#incomplete += sign;
    for (const [stage, events] of Object.entries(losses)) addTo(this.#losses, stage, sign * events);
    addTo(this.#nodes, node, sign);
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
    const losses: Record<string, number> = Object.fromEntries(this.#losses);
    const overflow: Losses = overflowedRows === 0 ? {} : { [graphStage]: overflowedRows };
    addDrops(losses, overflow);
    return {
      windows: this.#windows,
      incompleteWindows: this.#incomplete,
      losses,
      span: this.#windows === 0 ? null : { firstUnixMs: this.#firstUnixMs, lastUnixMs: this.#lastUnixMs },
      nodesWithoutAgent: nodes.filter((node) => !this.#nodes.has(node)).toSorted(),
    };
  }
}

/** Adds to a count; a count of zero is none. */
function addTo(counts: Map<string, number>, key: string, amount: number): void {
  const total = (counts.get(key) ?? 0) + amount;
  if (total === 0) counts.delete(key);
  else counts.set(key, total);
}
