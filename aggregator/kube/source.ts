import type { ClusterSnapshot } from '../../core/kubernetes.ts';
import type { ManifestProblem } from '../../core/manifest.ts';

/** Where the state of a cluster comes from. */
export interface ClusterSource {
  /** For people, such as `files in /var/lib/cluster`. */
  readonly description: string;
  /** The state as last read. */
  snapshot(): ClusterSnapshot;
  /** What could not be read, as of the last reading. */
  problems(): readonly ManifestProblem[];
  /** Calls back after the snapshot or the problems changed. @returns how to unsubscribe */
  onChange(callback: () => void): () => void;
  close(): void;
}
