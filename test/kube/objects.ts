import type { NewObject } from '../../lab/kube-api/object-store.ts';

/** A pod as an API server holds it. */
export function podOf(name: string, spec: object = {}, more: object = {}): NewObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', ...more },
    spec: { containers: [], ...spec },
    status: { phase: 'Running' },
  };
}
