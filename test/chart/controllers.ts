import { fieldAt } from '../../lab/kube-api/field-at.ts';
import type { StoredObject } from '../../lab/kube-api/object-store.ts';
import type { KubeApi } from '../../lab/kube-api/server.ts';
import { ClusterObjects } from './cluster-objects.ts';
import { roll } from './deployment.ts';
import { budgetStatus } from './disruption-budget.ts';
import { endpointSliceOf } from './endpoint-slice.ts';
import { ownersOf } from './object-states.ts';
import { keepCount, keepNamed } from './pod-sets.ts';
import { nodeName, specOf } from './workload-pods.ts';

interface ScalerSpec {
  readonly scaleTargetRef: { readonly kind: string; readonly name: string };
  readonly minReplicas: number;
  readonly maxReplicas: number;
}

/**
 * What Kubernetes' controllers and its scheduler do where there is one node: they make the pods of workloads, replace
 * those of an older template, say how far they are, and which pods are behind a Service.
 */
export class Controllers {
  readonly #api: KubeApi;
  readonly #objects: ClusterObjects;
  readonly #unfollow: () => void;
  #isDue = false;

  constructor(api: KubeApi) {
    this.#api = api;
    this.#objects = new ClusterObjects(api);
    this.#unfollow = api.store.onChange(() => this.#schedule());
  }

  /** What could not be made. */
  get problems(): readonly string[] {
    return this.#objects.problems;
  }

  /** Whether there is nothing to do before something changes. */
  get isIdle(): boolean {
    return !this.#isDue;
  }

  stop(): void {
    this.#unfollow();
  }

  /** All changes of a moment are looked at once. */
  #schedule(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      this.#reconcile();
    });
  }

  #reconcile(): void {
    const objects = this.#objects;
    this.#collectGarbage();
    for (const set of objects.all('Deployment')) roll(objects, set);
    for (const set of objects.all('ReplicaSet')) keepCount(objects, set);
    for (const kind of ['DaemonSet', 'StatefulSet']) for (const set of objects.all(kind)) keepNamed(objects, set);
    // It looks now and then: what a Deployment was told meanwhile has been done.
    for (const scaler of objects.all('HorizontalPodAutoscaler')) this.#bound(scaler);
    this.#placePods();
    const pods = objects.all('Pod');
    for (const service of objects.all('Service')) {
      const slice = endpointSliceOf(service, pods);
      if (slice !== null) objects.write(slice);
    }
    for (const budget of objects.all('PodDisruptionBudget')) objects.tell(budget, budgetStatus(budget, pods));
  }

  /** What belongs to something that is gone goes too. */
  #collectGarbage(): void {
    const all = this.#objects.all();
    const known = new Set(all.map(({ metadata }) => metadata.uid));
    for (const object of all) {
      const owners = ownersOf(object.metadata);
      if (owners.length > 0 && !owners.some((uid) => known.has(uid))) this.#objects.delete(object);
    }
  }

  /** Puts pods on the node, unless it takes none at the time. */
  #placePods(): void {
    const node = this.#objects.all('Node').find(({ metadata }) => metadata.name === nodeName);
    if (fieldAt(node, 'spec.unschedulable') === true) return;
    for (const pod of this.#objects.all('Pod')) {
      const spec = pod['spec'] as object;
      if (!('nodeName' in spec)) this.#api.store.set({ ...pod, spec: { ...spec, nodeName } });
    }
  }

  /** An autoscaler without figures keeps what it scales within its bounds. */
  #bound(scaler: StoredObject): void {
    const { scaleTargetRef, minReplicas, maxReplicas } = scaler['spec'] as ScalerSpec;
    const target = this.#objects
      .all(scaleTargetRef.kind)
      .find(
        ({ metadata }) => metadata.name === scaleTargetRef.name && metadata.namespace === scaler.metadata.namespace,
      );
    if (target === undefined) return;
    const { replicas = 1 } = specOf(target);
    this.#objects.scale(target, Math.min(Math.max(replicas, minReplicas), maxReplicas));
  }
}
