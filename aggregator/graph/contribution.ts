import type { NodeCoverage } from '../../core/coverage.ts';
import type { Window } from '../../core/time.ts';
import type { Rows } from './rows.ts';
import type { Segment } from './segment.ts';

/** What adds to a graph and its coverage: one node's window, or a piece, in which those of many are merged. */
export interface Contribution {
  /** From the start of its first window to the end of its last. */
  readonly window: Window;
  /** What was watched, by node. */
  readonly watched: ReadonlyMap<string, NodeCoverage>;
  readonly rows: Rows;
  /** For each row how many rows of windows it stands for; null when each stands for one. */
  readonly sightings: Float64Array | null;
}

/**
 * The merged rows of every node in one bucket of time, one row a lane. A bucket may have several: large ones are cut,
 * and late windows make further ones. A window belongs to the bucket in which it begins.
 */
export interface Piece extends Contribution {
  readonly widthMs: number;
  readonly startUnixMs: number;
}

/** A segment with its place in the order of commits. */
export interface StoredSegment {
  readonly id: number;
  readonly segment: Segment;
}

export function contributionOf({ node, window, losses, rows }: Segment): Contribution {
  const isIncomplete = Object.keys(losses).length > 0;
  const coverage: NodeCoverage = {
    windows: 1,
    incompleteWindows: isIncomplete ? 1 : 0,
    losses,
    lastIncompleteUnixMs: isIncomplete ? window.endUnixMs : null,
  };
  return { window, watched: new Map([[node, coverage]]), rows, sightings: null };
}
