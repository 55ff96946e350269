import type { Logger } from 'pino';
import type { Cidr } from '../../core/address.ts';
import type { Clock, Milliseconds } from '../../core/time.ts';
import type { Tier } from '../graph/tiers.ts';
import type { ClusterSource } from '../kube/source.ts';
import type { Store } from '../store/store.ts';

/** What is the same for every cluster; bounds are those of each. */
export interface ClusterOptions {
  readonly tiers: readonly Tier[];
  /** How long it is known when an edge was seen, when nothing else is kept of it. */
  readonly keepSightingsMs: Milliseconds;
  /** How long windows are kept one by one before they are merged. */
  readonly tailMs: Milliseconds;
  readonly upkeepEveryMs: Milliseconds;
  /** How often it is looked for what other aggregators have committed. */
  readonly pollEveryMs: Milliseconds;
  /** How long who is gone can still be named. */
  readonly rememberMs: Milliseconds;
  readonly identityWaitMs: Milliseconds;
  /** How long nothing is named, for want of a first state of the cluster. */
  readonly clusterWaitMs: Milliseconds;
  readonly maxEdges: number;
  readonly maxSeries: number;
  /** The most edges of one answer; more are given in pages. */
  readonly maxAnswerEdges: number;
  readonly maxAliases: number;
  readonly maxBaselines: number;
  /** How many batches of one agent may be under way. */
  readonly credits: number;
  /** How many of all agents should be at most: bounds the memory that batches take which wait for their commit. */
  readonly maxBatchesUnderWay: number;
  readonly maxStreams: number;
  /** What the dictionaries of all streams may take together. */
  readonly maxDictionaryBytes: number;
}

/** A cluster that is to be served. */
export interface ServedCluster {
  /** As its agents give it. */
  readonly name: string;
  readonly source: ClusterSource;
  /** Where its nodes and ServiceCIDRs state none, or others. */
  readonly podCidrs: readonly Cidr[];
  readonly serviceCidrs: readonly Cidr[];
}

export interface ClusterDrivers {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
}
