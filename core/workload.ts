import { type WorkloadRef, workloadKey } from './identity.ts';
import {
  type ClusterSnapshot,
  type Controller,
  hasFinished,
  type Labels,
  type ObjectMeta,
  type OwnerReference,
  type Pod,
  type PodSpec,
} from './kubernetes.ts';
import { compareText } from './order.ts';

/** How far an owner chain is followed: Pod -> ReplicaSet -> a custom controller -> its own owner is three. */
export const maxOwners = 8;

/**
 * Kinds that people write and that outlive every rollout. What owns one of them in turn (an operator's custom resource)
 * may own many that have nothing in common, so the chain ends here.
 */
const standingKinds = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob']);

/** Whether an owner chain ends with this kind. */
export function isStandingKind(kind: string): boolean {
  return standingKinds.has(kind);
}

/** The next link of an owner chain; undefined at its top. Node owners (of static pods) do not count. */
export function controllerOf({ ownerReferences }: ObjectMeta): OwnerReference | undefined {
  const owner = ownerReferences.find((each) => each.controller) ?? ownerReferences[0];
  return owner?.kind === 'Node' ? undefined : owner;
}

/** Finds the controller at the top of owner chains; built once per snapshot. */
export class OwnerIndex {
  readonly #controllers = new Map<string, Controller>();

  constructor(controllers: readonly Controller[]) {
    for (const each of controllers) {
      const { namespace, name } = each.metadata;
      this.#controllers.set(workloadKey({ namespace, kind: each.kind, name }), each);
    }
  }

  /**
   * The workload of an object: the first standing kind on the way up, else the last owner that is known by name, also
   * when the owner object itself is not at hand (its name is in the reference). Cycles end where they close.
   */
  workloadOf(object: { readonly kind: string; readonly metadata: ObjectMeta }): WorkloadRef {
    const { namespace } = object.metadata;
    let top: { kind: string; metadata: { name: string } } = object;
    let owner = standingKinds.has(object.kind) ? undefined : controllerOf(object.metadata);
    const seen = new Set([workloadKey({ namespace, kind: object.kind, name: object.metadata.name })]);
    for (let depth = 0; depth < maxOwners; depth++) {
      if (owner === undefined) break;
      const key = workloadKey({ namespace, kind: owner.kind, name: owner.name });
      if (seen.has(key)) break;
      seen.add(key);
      const known: Controller | undefined = this.#controllers.get(key);
      top = known ?? { kind: owner.kind, metadata: { name: owner.name } };
      if (known === undefined || standingKinds.has(known.kind)) break;
      owner = controllerOf(known.metadata);
    }
    return { namespace, kind: top.kind, name: top.metadata.name };
  }

  controller(ref: WorkloadRef): Controller | undefined {
    return this.#controllers.get(workloadKey(ref));
  }
}

/** A workload with what policies need to know of it. */
export interface Workload {
  readonly ref: WorkloadRef;
  /** Pods that have not finished; empty for a workload at rest. */
  readonly pods: readonly Pod[];
  /** The pod template's labels, or those of a pod where no template is known. */
  readonly labels: Labels;
  readonly spec: PodSpec;
  /** Whether its template is known: it may make pods again, even if it has none now. */
  readonly hasTemplate: boolean;
}

interface Gathered {
  readonly ref: WorkloadRef;
  readonly unfinished: Pod[];
  readonly finished: Pod[];
  /** The template of the controller at the top, else of one below it (a ReplicaSet whose own owner is not at hand). */
  template: Controller['template'];
}

const emptySpec: PodSpec = { containers: [] };

function workloadOf({ ref, unfinished, finished, template }: Gathered): Workload {
  const sample = unfinished[0] ?? finished[0];
  return {
    ref,
    pods: unfinished,
    labels: template?.metadata.labels ?? sample?.metadata.labels ?? {},
    spec: template?.spec ?? sample?.spec ?? emptySpec,
    hasTemplate: template !== null,
  };
}

/** Every workload of the cluster, with and without pods, sorted by namespace, kind and name. */
export function workloadsOf(cluster: ClusterSnapshot, owners = new OwnerIndex(cluster.controllers)): Workload[] {
  const found = new Map<string, Gathered>();
  const entry = (ref: WorkloadRef): Gathered => {
    const key = workloadKey(ref);
    const existing = found.get(key);
    if (existing !== undefined) return existing;
    const template = owners.controller(ref)?.template ?? null;
    const added: Gathered = { ref, unfinished: [], finished: [], template };
    found.set(key, added);
    return added;
  };
  for (const controller of cluster.controllers) {
    const into = entry(owners.workloadOf(controller));
    into.template ??= controller.template;
  }
  // Hundreds of thousands of pods have some thousand owners: each chain is followed once.
  const byOwner = new Map<string, Gathered>();
  const entryOfPod = (pod: Pod): Gathered => {
    const { namespace } = pod.metadata;
    const { kind, name } = controllerOf(pod.metadata) ?? { kind: pod.kind, name: pod.metadata.name };
    const key = workloadKey({ namespace, kind, name });
    const known = byOwner.get(key) ?? entry(owners.workloadOf(pod));
    byOwner.set(key, known);
    return known;
  };
  for (const pod of cluster.pods) {
    const into = entryOfPod(pod);
    (hasFinished(pod) ? into.finished : into.unfinished).push(pod);
  }
  return [...found.entries()].sort(([a], [b]) => compareText(a, b)).map(([, gathered]) => workloadOf(gathered));
}
