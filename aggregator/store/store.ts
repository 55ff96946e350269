import type { Alias } from '../../core/alias.ts';
import type { Baseline } from '../../core/baseline.ts';
import type { Settings } from '../../core/settings.ts';
import type { UnixMs, Window } from '../../core/time.ts';
import type { Segment } from '../graph/segment.ts';

/** How far a node's batches are committed. */
export interface Cursor {
  readonly node: string;
  readonly epoch: number;
  readonly sequence: number;
  /** End of the last committed window. */
  readonly windowEndUnixMs: UnixMs;
}

/** A segment to be committed. */
export interface Commit {
  readonly segment: Segment;
  /** The first of the batches that it stands for, where several were merged; the segment's sequence is the last. */
  readonly firstSequence: number;
  /**
   * The oldest batch of the segment's epoch that its agent still holds: what comes before it will never arrive, so it
   * may follow the cursor although batches between them are missing.
   */
  readonly oldestSequence: number;
}

/** The stage under which batches are counted that were lost before they arrived. */
export const missingStage = 'missing-batches';

/**
 * `committed`: stored as `segment`, whose losses tell how many batches before it are missing, and the cursor moved to
 * it. `duplicate`: it, or a later one, was committed before. `gap`: batches between the cursor and it are still to come.
 * `overlap`: a part of what it stands for was committed before. But for `committed`, nothing was changed.
 */
export type CommitResult =
  | { readonly type: 'committed'; readonly segment: Segment; readonly missing: number }
  | { readonly type: 'duplicate'; readonly cursor: Cursor }
  | { readonly type: 'overlap'; readonly cursor: Cursor }
  | { readonly type: 'gap'; readonly cursor: Cursor | null };

/** Keeps segments and cursors. A driver passes the contract suite in test/aggregator/store. */
export interface Store {
  /** The cursors of a cluster's nodes, sorted by node. */
  cursors(cluster: string): Promise<readonly Cursor[]>;

  /**
   * Commits segments and their nodes' cursors together: after a crash at any moment either all of it is there or none.
   * When the promise resolves, the result is durable. The cursor is the fence: each segment counts once or not at all.
   * @throws WeirError STORE; then nothing was committed
   */
  commit(commits: readonly Commit[]): Promise<readonly CommitResult[]>;

  /** The segments whose windows overlap the given one, in the order in which they were committed. */
  segments(cluster: string, window: Window): AsyncIterable<Segment>;

  /** Removes up to `limit` segments whose windows ended before that moment, the oldest first. @returns the removed */
  prune(cluster: string, beforeUnixMs: UnixMs, limit: number): Promise<readonly Segment[]>;

  /** The aliases of a cluster, in any order. */
  aliases(cluster: string): Promise<readonly Alias[]>;

  /** Keeps an alias in place of the one of its name. When the promise resolves it is durable. @throws WeirError STORE */
  setAlias(cluster: string, alias: Alias): Promise<void>;

  /** Removes an alias, if there is one of that name. @throws WeirError STORE */
  removeAlias(cluster: string, name: string): Promise<void>;

  /** The settings of a cluster; null when none were ever kept. */
  settings(cluster: string): Promise<Settings | null>;

  /**
   * Keeps settings in place of those of the revision before; those of revision 1 where there are none. When the promise
   * resolves they are durable. @returns false, and changes nothing, when others are kept. @throws WeirError STORE
   */
  setSettings(cluster: string, settings: Settings): Promise<boolean>;

  /** The baselines of a cluster, in any order, without their edges. */
  baselines(cluster: string): Promise<readonly Baseline[]>;

  /** The edges of a baseline as they were given; null when there is none of that name. */
  baselineEdges(cluster: string, name: string): Promise<Uint8Array | null>;

  /** Keeps a baseline in place of the one of its name. When the promise resolves it is durable. @throws WeirError STORE */
  setBaseline(cluster: string, baseline: Baseline, edges: Uint8Array): Promise<void>;

  /** Removes a baseline, if there is one of that name. @throws WeirError STORE */
  removeBaseline(cluster: string, name: string): Promise<void>;

  close(): Promise<void>;
}
