import { dequal } from 'dequal';
import type { NewObject, StoredObject } from '../../lab/kube-api/object-store.ts';
import { isOnNode, isEnding, markEnding } from '../../lab/kube-api/pod-end.ts';
import type { KubeApi } from '../../lab/kube-api/server.ts';
import { schemaFaults } from './kubernetes-types.ts';
import { isOwnedBy } from './object-states.ts';
import { podOf, specOf } from './workload-pods.ts';

/** What controllers read of the API and write to it. Nothing is written that is there already. */
export class ClusterObjects {
  readonly #api: KubeApi;
  /** What could not be made. */
  readonly problems: string[] = [];

  constructor(api: KubeApi) {
    this.#api = api;
  }

  /** All objects, or those of a kind. */
  all(kind?: string): StoredObject[] {
    const all = this.#api.store.all();
    return kind === undefined ? all : all.filter((object) => object.kind === kind);
  }

  podsOf(set: StoredObject): StoredObject[] {
    return this.all('Pod').filter((pod) => isOwnedBy(pod, set));
  }

  /** Makes a pod of a workload. @param name made up when absent */
  makePod(set: StoredObject, name?: string): void {
    const pod = podOf(set, name);
    const faults = schemaFaults(pod);
    if (faults.length === 0) this.#api.store.set(pod);
    else this.problems.push(`pod ${pod.metadata.name}: ${faults.join(', ')}`);
  }

  /** Deletes an object; a pod that is on a node is there until it has ended. */
  delete(object: StoredObject): void {
    if (!isOnNode(object)) this.#api.store.delete(object);
    else if (!isEnding(object)) this.#api.store.set(markEnding(object, null));
  }

  scale(set: StoredObject, replicas: number): void {
    const spec = specOf(set);
    if (spec.replicas === replicas) return;
    const generation = Number(set.metadata['generation']) + 1;
    this.#api.store.set({ ...set, metadata: { ...set.metadata, generation }, spec: { ...spec, replicas } });
  }

  /** Writes the status of an object. */
  tell(object: StoredObject, counts: object): void {
    const status = { ...counts, observedGeneration: object.metadata['generation'] };
    if (dequal(object['status'], status)) return;
    // What was changed meanwhile, such as by a step of a rolling update, stays.
    const live = this.all(object.kind).find(({ metadata }) => metadata.uid === object.metadata.uid);
    if (live !== undefined) this.#api.store.set({ ...live, status });
  }

  /** Writes an object that is a controller's as a whole. */
  write(object: NewObject): void {
    const before = this.all(object.kind).find(
      ({ metadata }) => metadata.name === object.metadata.name && metadata.namespace === object.metadata.namespace,
    );
    const isSame = Object.entries(object).every(
      ([name, value]) => name === 'metadata' || dequal(before?.[name], value),
    );
    if (before === undefined || !isSame) this.#api.store.set(object);
  }
}
