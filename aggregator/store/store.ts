import type { Alias } from '../../core/alias.ts';
import type { Baseline } from '../../core/baseline.ts';
import type { Settings } from '../../core/settings.ts';
import type { Milliseconds, UnixMs, Window } from '../../core/time.ts';
import type { Contribution, Piece, StoredSegment } from '../graph/contribution.ts';
import type { Lanes } from '../graph/lane.ts';
import type { Segment } from '../graph/segment.ts';
import type { Tier } from '../graph/tiers.ts';

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
  /** The last batch that its agent has sent and holds no more; null when there was none. */
  readonly forgotten: Pick<Cursor, 'epoch' | 'sequence'> | null;
}

/** The stage under which batches are counted that were lost before they arrived. */
export const missingStage = 'missing-batches';

/**
 * `committed`: stored as `segment`, whose losses tell how many batches before it are missing, and the cursor moved to
 * it. `duplicate`: it, or a later one, was committed before. `gap`: batches between the cursor and it are still to come.
 * `overlap`: a part of what it stands for was committed before. But for `committed`, nothing was changed.
 */
export type CommitResult =
  | {
      readonly type: 'committed';
      /** Rises with every segment of a cluster that is committed. */
      readonly id: number;
      readonly segment: Segment;
      readonly missing: number;
    }
  | { readonly type: 'duplicate'; readonly cursor: Cursor }
  | { readonly type: 'overlap'; readonly cursor: Cursor }
  | { readonly type: 'gap'; readonly cursor: Cursor | null };

/** Which of what is stored is meant: by the time that its windows cover, or by the moment at which it begins. */
export type Span =
  | { readonly type: 'overlapping'; readonly window: Window }
  | { readonly type: 'beginning'; readonly window: Window };

/** Sums that stood ready at some moment, kept so that a start need not add all up again. */
export interface Checkpoint {
  /** What is asked for by: the length of the span of time. */
  readonly lengthMs: number;
  /** What begins earlier is not in it. */
  readonly fromUnixMs: UnixMs;
  /** Through which segment it is. */
  readonly throughId: number;
  /** Which segments behind that are in it too. */
  readonly aheadIds: readonly number[];
  /** Together they are the sums. Only the first tells what was watched. Each is good until the next one is asked for. */
  readonly parts: Iterable<Contribution>;
}

/** What is stored of a cluster, as it was at one moment. Good only for as long as it is lent. */
export interface StoreView {
  /** The last segment that was committed; 0 when there was none. */
  readonly lastId: number;
  /** Segments up to here are in pieces. */
  readonly rolledId: number;

  /** Segments behind that id which are in no piece yet, in the order of their commits. @param except those to pass over */
  segments(span: Span, afterId: number, except?: ReadonlySet<number>): AsyncIterable<StoredSegment>;

  /** Pieces in any order; a piece begins with its bucket. */
  pieces(span: Span): AsyncIterable<Piece>;

  /** Whether a moment is inside a bucket of which there is a piece: neither at its start nor at its end. */
  splits(unixMs: UnixMs): Promise<boolean>;

  /** What is still known of lanes of which all pieces are gone: first and last sighting. */
  remains(): AsyncIterable<Piece>;

  /** Null when there is none, or none that can be used. Its parts are read as they are asked for. */
  checkpoint(lengthMs: number): Promise<StoredCheckpoint | null>;
}

export interface StoredCheckpoint extends Omit<Checkpoint, 'parts'> {
  readonly parts: AsyncIterable<Contribution>;
}

/** What is due to be merged and removed. */
export interface RollUpPlan {
  readonly tiers: readonly Tier[];
  readonly now: UnixMs;
  /** Through which segment the log may be rolled up. */
  readonly throughId: number;
  /** Sightings whose last is so old are forgotten when nothing else is left of a lane. */
  readonly keepSightingsMs: number;
  /** How many sightings of lanes of which nothing else is left are kept: the latest. */
  readonly maxSightings: number;
}

/**
 * `moved`: there may be more to do. `done`: nothing is due. `busy`: another process is at it.
 */
export type RollUpResult = 'moved' | 'done' | 'busy';

/** The aliases of a cluster, in any order. */
export interface StoredAliases {
  readonly aliases: readonly Alias[];
  /** Counts up with every change of them; what was read may be newer, but never older. */
  readonly revision: number;
}

/** How often what people set for a cluster was changed. */
export interface Revisions {
  readonly aliases: number;
  /** 0 when none were ever kept. */
  readonly settings: number;
}

/** What a store takes. */
export interface StoreSize {
  /** Version of its tables. */
  readonly schemaVersion: number;
  /** On disk, of all clusters; null when that cannot be told. */
  readonly bytes: number | null;
}

/** What one of the processes that share a store said of itself last. */
export interface StoredReplica {
  readonly id: string;
  /** How long ago it said so. */
  readonly ageMs: Milliseconds;
  readonly body: Uint8Array;
}

/**
 * Keeps segments, cursors and pieces. What is committed is in exactly one place at any moment: in its segment, or in one
 * piece. A driver passes the contract suite in test/aggregator/store.
 */
export interface Store {
  /** Whether other processes may commit too. */
  readonly isShared: boolean;
  readonly kind: 'sqlite' | 'postgres';
  /** For people, without credentials. */
  readonly place: string;

  /** @throws WeirError STORE */
  size(): Promise<StoreSize>;

  /**
   * Keeps what a process says of itself in place of what it said before, and forgets others that said nothing for so long.
   * Nothing is kept where no other process could read it. @throws WeirError STORE
   */
  setReplica(id: string, body: Uint8Array, forgetAfterMs: Milliseconds): Promise<void>;

  /** Forgets a process that is about to end. @throws WeirError STORE */
  removeReplica(id: string): Promise<void>;

  /** Those that are kept, sorted by id. @throws WeirError STORE */
  replicas(): Promise<readonly StoredReplica[]>;

  /** The cursors of a cluster's nodes, sorted by node. */
  cursors(cluster: string): Promise<readonly Cursor[]>;

  /** The cursor of one node; null when nothing of it was committed. */
  cursor(cluster: string, node: string): Promise<Cursor | null>;

  /**
   * Commits segments and their nodes' cursors together: after a crash at any moment either all of it is there or none.
   * When the promise resolves, the result is durable. The cursor is the fence: each segment counts once or not at all.
   * @throws WeirError STORE; then nothing was committed
   */
  commit(commits: readonly Commit[]): Promise<readonly CommitResult[]>;

  /** Gives equal lanes of a cluster as one object, those that are read too: each knows its number then. */
  lanesOf(cluster: string): Lanes;

  /** Lends what is stored, while others go on. @throws WeirError STORE, and what `read` throws */
  view<Result>(cluster: string, read: (view: StoreView) => Promise<Result>): Promise<Result>;

  /**
   * Does one step of what is due: merges segments into pieces of the finest tier, or the pieces of one bucket into the
   * next tier's, or removes what the last tier does not keep, in one transaction. @throws WeirError STORE
   */
  rollUp(cluster: string, plan: RollUpPlan): Promise<RollUpResult>;

  /** Keeps a checkpoint in place of the one of its length, unless that is a later one. @throws WeirError STORE */
  keepCheckpoint(cluster: string, checkpoint: Checkpoint): Promise<void>;

  /** Removes lanes and names that nothing refers to any more. @returns how many lanes. @throws WeirError STORE */
  pruneDictionary(cluster: string): Promise<number>;

  /** What of that was changed can be told without reading it. @throws WeirError STORE */
  revisions(cluster: string): Promise<Revisions>;

  aliases(cluster: string): Promise<StoredAliases>;

  /**
   * Keeps an alias in place of the one of its name, and counts the revision up. When the promise resolves it is durable.
   * @param revision that the aliases still must have. @returns false, and changes nothing, when they have another
   * @throws WeirError STORE
   */
  setAlias(cluster: string, alias: Alias, revision: number): Promise<boolean>;

  /** As `setAlias`, for an alias that is to be removed, if there is one of that name. @throws WeirError STORE */
  removeAlias(cluster: string, name: string, revision: number): Promise<boolean>;

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
