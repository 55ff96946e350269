import type { NewObject, StoredObject } from '../../lab/kube-api/object-store.ts';

interface Reference {
  readonly uid: string;
}

interface PodStatus {
  readonly podIP?: string;
  readonly conditions?: readonly { readonly type: string; readonly status: string }[];
}

/** `namespace/name`. */
export function idOf({ metadata }: NewObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

export function isOwnedBy({ metadata }: StoredObject, owner: StoredObject): boolean {
  return ownersOf(metadata).includes(owner.metadata.uid);
}

/** UIDs of what an object belongs to. */
export function ownersOf(metadata: StoredObject['metadata']): readonly string[] {
  return ((metadata['ownerReferences'] ?? []) as readonly Reference[]).map(({ uid }) => uid);
}

function statusOf(pod: StoredObject): PodStatus {
  const status: PodStatus = pod['status'] ?? {};
  return status;
}

export function addressOf(pod: StoredObject): string | null {
  return statusOf(pod).podIP ?? null;
}

export function isReady(pod: StoredObject): boolean {
  return statusOf(pod).conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

/** Whether a map of labels, as Services select by, selects an object. */
export function hasLabels({ metadata }: StoredObject, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([key, value]) => metadata.labels?.[key] === value);
}
