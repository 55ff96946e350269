import { stringify } from 'yaml';
import type { ObjectMeta, OtherPolicy, Policy } from '../../core/kubernetes.ts';
import { compareText } from '../../core/order.ts';
import { yamlStyle } from './yaml-style.ts';

/** What kubectl notes of its last apply: a second copy of the object. */
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

const versions: Readonly<Record<Policy['kind'], string>> = {
  NetworkPolicy: 'networking.k8s.io/v1',
  AdminNetworkPolicy: 'policy.networking.k8s.io/v1alpha1',
  BaselineAdminNetworkPolicy: 'policy.networking.k8s.io/v1alpha1',
  ClusterNetworkPolicy: 'policy.networking.k8s.io/v1alpha2',
};

function sorted(entries: Readonly<Record<string, string>>): Record<string, string> | undefined {
  const kept = Object.entries(entries).filter(([key]) => key !== lastApplied);
  return kept.length === 0 ? undefined : Object.fromEntries(kept.sort(([a], [b]) => compareText(a, b)));
}

function metadataOf({ name, namespace, labels, annotations }: ObjectMeta): Record<string, unknown> {
  return { name, namespace: namespace || undefined, labels: sorted(labels), annotations: sorted(annotations) };
}

/**
 * A policy as the cluster has it, without what the API server adds: status, managed fields, UID, versions and times,
 * and without kubectl's own note of its last apply. Equal policies give equal bytes, and kubectl can apply them.
 */
export function canonicalYaml(policy: Policy | OtherPolicy): string {
  const { apiVersion, kind, metadata } = policy;
  if ('body' in policy)
    return stringify({ apiVersion, kind, metadata: metadataOf(metadata), ...policy.body }, yamlStyle);
  const version = apiVersion || versions[policy.kind];
  return stringify({ apiVersion: version, kind, metadata: metadataOf(metadata), spec: policy.spec }, yamlStyle);
}
