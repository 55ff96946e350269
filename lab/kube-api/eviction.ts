import type { LabelSelector } from '../../core/kubernetes.ts';
import { selects } from '../selector.ts';
import { fieldAt } from './field-at.ts';
import type { ObjectStore, StoredObject } from './object-store.ts';
import { markEnding } from './pod-end.ts';
import { failure, type Status } from './status.ts';

/** How far a PodDisruptionBudget's controller has come (policy/v1 PodDisruptionBudgetStatus). */
interface BudgetStatus {
  readonly observedGeneration: number;
  readonly currentHealthy: number;
  readonly desiredHealthy: number;
  readonly disruptionsAllowed: number;
}

const name = ({ metadata }: StoredObject) => metadata.name;

function refusal(budget: StoredObject, why: string): Status {
  const causes = [{ reason: 'DisruptionBudget', message: `The disruption budget ${name(budget)} ${why}.` }];
  const message = "Cannot evict pod as it would violate the pod's disruption budget.";
  return { ...failure(429, message), details: { causes } };
}

function isReady(pod: StoredObject): boolean {
  const conditions = (fieldAt(pod, 'status.conditions') ?? []) as readonly { type: string; status: string }[];
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}

/** Why a pod may not be evicted now; what it takes of the budget is written down. */
function spend(store: ObjectStore, budget: StoredObject, pod: StoredObject): Status | null {
  const { unhealthyPodEvictionPolicy } = budget['spec'] as { readonly unhealthyPodEvictionPolicy?: string };
  if (!isReady(pod) && unhealthyPodEvictionPolicy === 'AlwaysAllow') return null;
  const status = budget['status'] as BudgetStatus | undefined;
  if (status === undefined || status.observedGeneration !== budget.metadata['generation']) {
    return failure(429, 'Cannot evict pod: the budget is not worked out yet');
  }
  const { currentHealthy, desiredHealthy, disruptionsAllowed } = status;
  // One that serves nobody may go as long as enough others do.
  if (!isReady(pod) && currentHealthy >= desiredHealthy && desiredHealthy > 0) return null;
  if (disruptionsAllowed <= 0) {
    return refusal(budget, `needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`);
  }
  store.set({ ...budget, status: { ...status, disruptionsAllowed: disruptionsAllowed - 1 } });
  return null;
}

/**
 * Evicts a pod as its budget allows (https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/).
 * @param graceSeconds null for what the pod says itself. @returns why it is not, or null
 */
export function evict(store: ObjectStore, pod: StoredObject, graceSeconds: number | null): Status | null {
  if (pod.metadata['deletionTimestamp'] !== undefined) return null;
  const isRunning = fieldAt(pod, 'status.phase') === 'Running';
  const budgets = store
    .all()
    .filter(
      ({ kind, metadata, spec }) =>
        kind === 'PodDisruptionBudget' &&
        metadata.namespace === pod.metadata.namespace &&
        selects((spec as { readonly selector: LabelSelector }).selector, pod.metadata.labels ?? {}),
    );
  const [budget, another] = budgets;
  if (another !== undefined) return failure(500, 'This pod has more than one PodDisruptionBudget');
  const refused = budget === undefined || !isRunning ? null : spend(store, budget, pod);
  if (refused === null) store.set(markEnding(pod, graceSeconds));
  return refused;
}
