import type { NetworkPolicy } from '../../core/kubernetes.ts';

/** A policy written by hand, in a namespace. */
export function policy(namespace: string, name: string, spec: NetworkPolicy['spec']): NetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace, uid: '', labels: {}, annotations: {}, ownerReferences: [] },
    spec,
  };
}
