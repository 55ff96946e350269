import type { ClusterSnapshot, ObjectChange } from '../../core/kubernetes.ts';

/**
 * Told of what is different, in the order in which it became so; of nothing when only the problems are. The snapshot
 * holds all of it already.
 */
export type ChangeCallback = (changes: readonly ObjectChange[]) => void;

/** Where the state of a cluster comes from. */
export interface ClusterSource {
  /** For people, such as `files in /var/lib/cluster`. */
  readonly description: string;
  /** The state as last read: the same object until something in it changes. */
  snapshot(): ClusterSnapshot;
  /** Resolves once the whole of a first state was read; never, if it is closed before. */
  readonly known: Promise<void>;
  /** What could not be read, as of the last reading, one sentence for each. */
  problems(): readonly string[];
  /** Calls back after the state or the problems changed. @returns how to unsubscribe */
  onChange(callback: ChangeCallback): () => void;
  close(): void;
}
