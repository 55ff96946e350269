import { type Labels, namespaceNameLabel } from '../../core/kubernetes.ts';
import { compareText } from '../../core/order.ts';
import { everyLabel, type LabelChoice } from '../../core/settings.ts';

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
  namespaceNameLabel,
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

/** Whether a key is one of the patterns: itself, or one that ends in `*` and begins as it does. */
function isAmong(key: string, patterns: readonly string[]): boolean {
  return patterns.some((each) => each === key || (each.endsWith('*') && key.startsWith(each.slice(0, -1))));
}

function isChosen(key: string, { include, exclude }: LabelChoice): boolean {
  return (include.length === 0 || isAmong(key, include)) && !isAmong(key, exclude);
}

function rankOf(key: string): number {
  const rank = preferred.indexOf(key);
  return rank < 0 ? preferred.length : rank;
}

function ranked(labels: readonly Label[]): Label[] {
  return labels.toSorted(([a], [b]) => rankOf(a) - rankOf(b) || compareText(a, b));
}

/** The labels that outlive a rollout and may be used, the most telling first. A key that is included by its name counts as stable. */
export function stableLabels(labels: Labels, choice: LabelChoice = everyLabel): Label[] {
  const usable = Object.entries(labels).filter(([key]) => isChosen(key, choice));
  return ranked(usable.filter(([key]) => isStable(key) || choice.include.includes(key)));
}

/** The labels of a namespace that may be used, the most telling first. */
export function usableLabels(labels: Labels, choice: LabelChoice): Label[] {
  return ranked(Object.entries(labels).filter(([key]) => isChosen(key, choice)));
}
