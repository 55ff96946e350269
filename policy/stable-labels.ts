import type { Labels } from '../core/kubernetes.ts';
import { compareText } from '../core/order.ts';

/** Labels that change with a rollout, a release, a replica or a placement: a selector on one breaks or catches too little. */
const unstable = new Set([
  'pod-template-hash',
  'controller-revision-hash',
  'pod-template-generation',
  'rollouts-pod-template-hash',
  'controller-uid',
  'job-name',
  'statefulset.kubernetes.io/pod-name',
  'apps.kubernetes.io/pod-index',
  'app.kubernetes.io/version',
  'app.kubernetes.io/managed-by',
  'helm.sh/chart',
  'chart',
  'heritage',
  'version',
  'security.istio.io/tlsMode',
  'service.istio.io/canonical-revision',
]);
const unstablePrefixes = ['batch.kubernetes.io/', 'topology.kubernetes.io/'];

/** What people name workloads by, the most telling first (Kubernetes recommended labels, then older custom). */
const preferred = [
  'app.kubernetes.io/name',
  'app.kubernetes.io/instance',
  'app.kubernetes.io/component',
  'k8s-app',
  'app',
  'name',
  'component',
  'role',
  'tier',
];

export type Label = readonly [key: string, value: string];

function isStable(key: string): boolean {
  return !unstable.has(key) && !unstablePrefixes.some((prefix) => key.startsWith(prefix));
}

function rankOf(key: string): number {
  const rank = preferred.indexOf(key);
  return rank < 0 ? preferred.length : rank;
}

/** The labels that outlive a rollout, the most telling first. */
export function stableLabels(labels: Labels): Label[] {
  return Object.entries(labels)
    .filter(([key]) => isStable(key))
    .sort(([a], [b]) => rankOf(a) - rankOf(b) || compareText(a, b));
}
