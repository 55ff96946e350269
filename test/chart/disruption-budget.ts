import type { LabelSelector } from '../../core/kubernetes.ts';
import { selects } from '../../lab/selector.ts';
import type { StoredObject } from '../../lab/kube-api/object-store.ts';
import { isReady } from './object-states.ts';
import { isEnding } from '../../lab/kube-api/pod-end.ts';

interface BudgetSpec {
  readonly maxUnavailable?: number | string;
  readonly minAvailable?: number | string;
  readonly selector: LabelSelector;
}

function share(value: number | string, of: number): number {
  return typeof value === 'number' ? value : Math.ceil((Number.parseFloat(value) / 100) * of);
}

/** How many pods of a budget may be evicted now (policy/v1 PodDisruptionBudgetStatus). */
export function budgetStatus(budget: StoredObject, pods: readonly StoredObject[]): object {
  const { maxUnavailable, minAvailable, selector } = budget['spec'] as BudgetSpec;
  const own = pods.filter(
    (pod) => pod.metadata.namespace === budget.metadata.namespace && selects(selector, pod.metadata.labels ?? {}),
  );
  // What is ending is replaced already: its successor is the one that counts.
  const expectedPods = own.filter((pod) => !isEnding(pod)).length;
  const currentHealthy = own.filter((pod) => isReady(pod) && !isEnding(pod)).length;
  const desiredHealthy =
    maxUnavailable === undefined
      ? share(minAvailable ?? 0, expectedPods)
      : Math.max(expectedPods - share(maxUnavailable, expectedPods), 0);
  const disruptionsAllowed = expectedPods === 0 ? 0 : Math.max(currentHealthy - desiredHealthy, 0);
  return { expectedPods, currentHealthy, desiredHealthy, disruptionsAllowed };
}
