import { fieldAt } from './field-at.ts';
import type { StoredObject } from './object-store.ts';

const scaled = ['Deployment', 'ReplicaSet', 'StatefulSet'];

/** How many pods a workload has and is to have (autoscaling/v1 Scale); null for what cannot be scaled. */
export function scaleOf({ kind, metadata, spec, status }: StoredObject): object | null {
  if (!scaled.includes(kind)) return null;
  const { name, namespace, uid, resourceVersion } = metadata;
  const labels = (fieldAt(spec, 'selector.matchLabels') ?? {}) as Readonly<Record<string, string>>;
  const selector = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion },
    spec: { replicas: fieldAt(spec, 'replicas') ?? 0 },
    status: { replicas: fieldAt(status, 'replicas') ?? 0, selector: selector.join(',') },
  };
}

/** How many pods a Scale, or a patch of one, asks for; null when it does not say. */
export function replicasIn(scale: unknown): number | null {
  const wanted = fieldAt(scale, 'spec.replicas');
  return typeof wanted === 'number' && Number.isInteger(wanted) && wanted >= 0 ? wanted : null;
}
