import type { StoredObject } from '../../lab/kube-api/object-store.ts';

/** How many pods a set of one template is to have, has, and has ready. */
export interface SetState {
  readonly wanted: number;
  readonly ready: number;
}

interface DeploymentSpec {
  readonly replicas?: number;
  readonly strategy?: {
    readonly rollingUpdate?: { readonly maxSurge?: number | string; readonly maxUnavailable?: number | string };
  };
}

function share(value: number | string, of: number, round: (number: number) => number): number {
  return typeof value === 'number' ? value : round((Number.parseFloat(value) / 100) * of);
}

/** The bounds of a rolling update (apps/v1 RollingUpdateDeployment): a quarter each where it does not say. */
export function boundsOf(deployment: StoredObject) {
  const { replicas = 1, strategy } = deployment['spec'] as DeploymentSpec;
  const { maxSurge = '25%', maxUnavailable = '25%' } = strategy?.rollingUpdate ?? {};
  const surge = share(maxSurge, replicas, Math.ceil);
  const unavailable = share(maxUnavailable, replicas, Math.floor);
  // Kubernetes does not let both be nothing: no update could begin.
  const atMostGone = surge === 0 && unavailable === 0 ? 1 : unavailable;
  return { replicas, most: replicas + surge, leastReady: replicas - atMostGone };
}

/**
 * The next step of a rolling update.
 * @param current of the present template @param old of those before, oldest first
 * @returns how many pods each is to have
 */
export function nextStep(
  { replicas, most, leastReady }: ReturnType<typeof boundsOf>,
  current: SetState,
  old: readonly SetState[],
): { readonly current: number; readonly old: readonly number[] } {
  const all = [current, ...old].reduce((sum, { wanted }) => sum + wanted, 0);
  const room = Math.max(most - all, 0);
  const next = current.wanted > replicas ? replicas : Math.min(replicas, current.wanted + room);
  const ready = [current, ...old].reduce((sum, each) => sum + each.ready, 0);
  let spare = Math.max(ready - leastReady, 0);
  const left = old.map((each) => {
    // Those that are not ready serve nobody.
    const ended = Math.min(each.ready, spare);
    spare -= ended;
    return each.ready - ended;
  });
  return { current: next, old: left };
}
