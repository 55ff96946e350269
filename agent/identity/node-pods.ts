import type { Address } from '../../core/address.ts';
import type { PodRef } from '../../core/identity.ts';

/** The pods of the own node, as the Kubernetes API has them. */
export interface NodePods {
  /** Whether the list is whole. */
  readonly synced: boolean;
  /** @param uid also the hash of a static pod's configuration */
  byUid(uid: string): PodRef | null;
  byName(namespace: string, name: string): PodRef | null;
  byAddress(address: Address): PodRef | null;
  readonly all: readonly PodRef[];
  /** @returns how to end it */
  onChange(callback: () => void): () => void;
  close(): void;
}
