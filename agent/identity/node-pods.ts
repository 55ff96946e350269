import type { Address } from '../../core/address.ts';
import type { PodRef } from '../../core/identity.ts';
import type { Feature } from '../source/source.ts';

/** The pods of this node as the Kubernetes API knows them. */
export interface NodePods {
  /** Whether a first list was read. */
  readonly synced: boolean;
  /** By UID; for a static pod also by its kubelet's config hash (annotation kubernetes.io/config.hash). */
  byUid(uid: string): PodRef | null;
  byName(namespace: string, name: string): PodRef | null;
  /** A pod with a network of its own that holds the address now; null when none or more than one does. */
  byAddress(address: Address): PodRef | null;
  readonly all: readonly PodRef[];
  onChange(callback: () => void): () => void;
  close(): void;
}

/** The pods of this node, and how well they are known. */
export interface NodePodsSource extends NodePods {
  /** Whether the API answers; if not, why and since when. */
  readonly feature: Feature;
  /** Begins to ask the API; until then only what an earlier start has kept is known. */
  start(): void;
}

/** The name under which status and metrics show whether the API answers. */
export const apiFeature = 'kubernetes-api';

/** Stands in where there is no access to the API: no pod is known by it. */
export const noNodePods: NodePodsSource = {
  synced: false,
  byUid: () => null,
  byName: () => null,
  byAddress: () => null,
  all: [],
  onChange: () => () => undefined,
  start: () => undefined,
  close: () => undefined,
  feature: {
    name: apiFeature,
    active: false,
    reason: 'neither --kubeconfig nor a service account is given; pods are named by what their node says alone',
  },
};
