import type { LabNode, LabPod } from './cluster.ts';
import type { NamespaceSpec, ServiceSpec, WorkloadSpec } from './workload-spec.ts';

/** What the rules of a node's network are made of: its name and address. */
export type WiredNode = Pick<LabNode, 'name' | 'address'>;

/** A pod as far as the rules of its node's network need to know it. */
export interface WiredPod extends Pick<LabPod, 'namespace' | 'labels' | 'node' | 'address' | 'interface'> {
  readonly workload: Pick<WorkloadSpec, 'ports'>;
}

/** A cluster as far as Services and policies in its network go, whoever has wired it. */
export interface WiredCluster<Pod extends WiredPod = WiredPod> {
  readonly pods: readonly Pod[];
  readonly topology: { readonly namespaces: readonly NamespaceSpec[]; readonly services: readonly ServiceSpec[] };
}
