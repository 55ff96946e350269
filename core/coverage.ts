import type { Losses } from './flow.ts';
import type { UnixMs } from './time.ts';

/** How much an answer can be relied on: what was watched in its span of time, and what was missed. */
export interface Coverage {
  /** One agent's window counts as one. */
  readonly windows: number;
  /** Windows in which something was lost. */
  readonly incompleteWindows: number;
  readonly losses: Losses;
  /** First and last moment that any window covers; null when there is none. */
  readonly span: { readonly firstUnixMs: UnixMs; readonly lastUnixMs: UnixMs } | null;
  /** Nodes that the cluster has and no agent reported for, sorted. */
  readonly nodesWithoutAgent: readonly string[];
}

/** How much of one node was watched, and what was missed there. */
export interface NodeCoverage {
  readonly windows: number;
  /** Windows in which something was lost. */
  readonly incompleteWindows: number;
  readonly losses: Losses;
  /** End of the last window in which something was lost; null when there is none. */
  readonly lastIncompleteUnixMs: UnixMs | null;
}
