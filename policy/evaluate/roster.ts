import { type WorkloadRef, workloadKey } from '../../core/identity.ts';
import type { ClusterSnapshot, Namespace } from '../../core/kubernetes.ts';
import { type Workload, workloadsOf } from '../../core/workload.ts';
import { podPeer, templatePeer } from './pod-peer.ts';
import type { PodPeer } from './query.ts';

/** The workloads of a snapshot as policies see them; made once for a snapshot, whatever the policies. */
export class Roster {
  readonly cluster: ClusterSnapshot;
  /** Sorted by namespace, kind and name. */
  readonly workloads: readonly Workload[];
  readonly #byKey: ReadonlyMap<string, Workload>;
  readonly #namespaces: ReadonlyMap<string, Namespace>;
  readonly #pods = new Map<string, readonly PodPeer[]>();

  constructor(cluster: ClusterSnapshot) {
    this.cluster = cluster;
    this.workloads = workloadsOf(cluster);
    this.#byKey = new Map(this.workloads.map((workload) => [workloadKey(workload.ref), workload]));
    this.#namespaces = new Map(cluster.namespaces.map((namespace) => [namespace.metadata.name, namespace]));
  }

  /** Its pods; for a workload at rest the one that its template would make. Null where it is not in the snapshot. */
  podsOf(ref: WorkloadRef): readonly PodPeer[] | null {
    const key = workloadKey(ref);
    const known = this.#pods.get(key);
    if (known !== undefined) return known;
    const workload = this.#byKey.get(key);
    if (workload === undefined) return null;
    const namespace = this.#namespaces.get(workload.ref.namespace);
    const pods = workload.pods.map((pod) => podPeer(pod, namespace));
    if (pods.length === 0) pods.push(templatePeer(workload, namespace));
    this.#pods.set(key, pods);
    return pods;
  }
}
