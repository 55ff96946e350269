import type { WorkloadRef } from './identity.ts';
import type { ClusterSnapshot, Controller, Labels, ObjectMeta, Pod, PodSpec } from './kubernetes.ts';

/** How far an owner chain is followed: Pod -> ReplicaSet -> Deployment -> a custom controller is three. */
const maxOwners = 8;

function keyOf(namespace: string, kind: string, name: string): string {
  return `${namespace}/${kind}/${name}`;
}

/** Finds the controller at the top of owner chains; built once per snapshot. */
export class OwnerIndex {
  readonly #controllers = new Map<string, Controller>();

  constructor(controllers: readonly Controller[]) {
    for (const each of controllers) {
      this.#controllers.set(keyOf(each.metadata.namespace, each.kind, each.metadata.name), each);
    }
  }

  /**
   * The workload of an object: the last owner that is known by name, also when the owner object itself is not at hand
   * (its name is in the reference). Cycles end where they close. Node owners (static pods) do not count.
   */
  workloadOf(object: { readonly kind: string; readonly metadata: ObjectMeta }): WorkloadRef {
    const { namespace } = object.metadata;
    let top: { kind: string; metadata: { name: string } } = object;
    let owners = object.metadata.ownerReferences;
    const seen = new Set([keyOf(namespace, object.kind, object.metadata.name)]);
    for (let depth = 0; depth < maxOwners; depth++) {
      const owner = owners.find((each) => each.controller) ?? owners[0];
      if (owner === undefined || owner.kind === 'Node') break;
      const key = keyOf(namespace, owner.kind, owner.name);
      if (seen.has(key)) break;
      seen.add(key);
      const known = this.#controllers.get(key);
      top = known ?? { kind: owner.kind, metadata: { name: owner.name } };
      if (known === undefined) break;
      owners = known.metadata.ownerReferences;
    }
    return { namespace, kind: top.kind, name: top.metadata.name };
  }

  controller(ref: WorkloadRef): Controller | undefined {
    return this.#controllers.get(keyOf(ref.namespace, ref.kind, ref.name));
  }
}

/** A workload with what policies need to know of it. */
export interface Workload {
  readonly ref: WorkloadRef;
  /** Pods that have not finished; empty for a workload at rest. */
  readonly pods: readonly Pod[];
  /** The pod template's labels, or those of the pod itself when nothing owns it. */
  readonly labels: Labels;
  readonly spec: PodSpec;
}

const emptySpec: PodSpec = { containers: [] };

/** Every workload of the cluster, with and without pods, sorted by namespace, kind and name. */
export function workloadsOf(cluster: ClusterSnapshot, owners = new OwnerIndex(cluster.controllers)): Workload[] {
  const found = new Map<string, { ref: WorkloadRef; pods: Pod[]; all: Pod[] }>();
  const entry = (ref: WorkloadRef) => {
    const key = keyOf(ref.namespace, ref.kind, ref.name);
    let existing = found.get(key);
    if (existing === undefined) {
      existing = { ref, pods: [], all: [] };
      found.set(key, existing);
    }
    return existing;
  };
  for (const controller of cluster.controllers) entry(owners.workloadOf(controller));
  for (const pod of cluster.pods) {
    const into = entry(owners.workloadOf(pod));
    into.all.push(pod);
    if (pod.status.phase !== 'Succeeded' && pod.status.phase !== 'Failed') into.pods.push(pod);
  }
  const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  return [...found.entries()]
    .sort(([a], [b]) => compare(a, b))
    .map(([, { ref, pods, all }]) => {
      const template = owners.controller(ref)?.template;
      const sample = pods[0] ?? all[0];
      return {
        ref,
        pods,
        labels: template?.metadata.labels ?? sample?.metadata.labels ?? {},
        spec: template?.spec ?? sample?.spec ?? emptySpec,
      };
    });
}
