import type { NodeCoverage } from '../../core/coverage.ts';
import type { UnixMs } from '../../core/time.ts';

/** How many windows were watched, and what was lost in them. What was added can be taken out again. */
export class Watched {
  readonly #losses = new Map<string, number>();
  #windows = 0;
  #incompleteWindows = 0;
  #lastIncompleteUnixMs: UnixMs = 0;

  add(coverage: NodeCoverage): void {
    this.#count(coverage, 1);
    this.#lastIncompleteUnixMs = Math.max(this.#lastIncompleteUnixMs, coverage.lastIncompleteUnixMs ?? 0);
  }

  /** Takes out what was put in before: the oldest goes first, so the last incomplete window stays the last. */
  remove(coverage: NodeCoverage): void {
    this.#count(coverage, -1);
  }

  #count({ windows, incompleteWindows, losses }: NodeCoverage, sign: 1 | -1): void {
    this.#windows += sign * windows;
    this.#incompleteWindows += sign * incompleteWindows;
    for (const stage in losses) {
      const total = (this.#losses.get(stage) ?? 0) + sign * (losses[stage] as number);
      if (total === 0) this.#losses.delete(stage);
      else this.#losses.set(stage, total);
    }
  }

  get isEmpty(): boolean {
    return this.#windows === 0;
  }

  get coverage(): NodeCoverage {
    return {
      windows: this.#windows,
      incompleteWindows: this.#incompleteWindows,
      losses: Object.fromEntries(this.#losses),
      lastIncompleteUnixMs: this.#incompleteWindows === 0 ? null : this.#lastIncompleteUnixMs,
    };
  }
}

/** What was watched of all nodes and of each. */
export class WatchedNodes {
  readonly #all = new Watched();
  readonly #nodes = new Map<string, Watched>();

  add(watched: ReadonlyMap<string, NodeCoverage>): void {
    for (const [node, coverage] of watched) {
      this.#all.add(coverage);
      let ofNode = this.#nodes.get(node);
      if (ofNode === undefined) this.#nodes.set(node, (ofNode = new Watched()));
      ofNode.add(coverage);
    }
  }

  remove(watched: ReadonlyMap<string, NodeCoverage>): void {
    for (const [node, coverage] of watched) {
      this.#all.remove(coverage);
      const ofNode = this.#nodes.get(node);
      ofNode?.remove(coverage);
      if (ofNode?.isEmpty === true) this.#nodes.delete(node);
    }
  }

  get all(): NodeCoverage {
    return this.#all.coverage;
  }

  has(node: string): boolean {
    return this.#nodes.has(node);
  }

  of(node: string): NodeCoverage {
    return (this.#nodes.get(node) ?? new Watched()).coverage;
  }

  /** Every node with what was watched of it. */
  entries(): ReadonlyMap<string, NodeCoverage> {
    return new Map(Array.from(this.#nodes, ([node, watched]) => [node, watched.coverage]));
  }
}
