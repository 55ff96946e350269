import type { NewObject, StoredObject } from './object-store.ts';

const defaultGraceSeconds = 30;

/** A pod that is to end on its node, and is there until it has. @param graceSeconds null for what the pod says itself */
export function markEnding(pod: StoredObject, graceSeconds: number | null): NewObject {
  const { terminationGracePeriodSeconds } = (pod['spec'] ?? {}) as { readonly terminationGracePeriodSeconds?: number };
  const deletionGracePeriodSeconds = graceSeconds ?? terminationGracePeriodSeconds ?? defaultGraceSeconds;
  const deletionTimestamp = new Date(Date.now() + deletionGracePeriodSeconds * 1000).toISOString();
  return { ...pod, metadata: { ...pod.metadata, deletionTimestamp, deletionGracePeriodSeconds } };
}

/** Whether a pod was deleted and is about to go. */
export function isEnding({ metadata }: StoredObject): boolean {
  return metadata['deletionTimestamp'] !== undefined;
}

/** Whether it is a pod that somebody may run. */
export function isOnNode({ kind, spec }: StoredObject): boolean {
  return kind === 'Pod' && (spec as { readonly nodeName?: string } | undefined)?.nodeName !== undefined;
}
