import type { NetworkPolicy } from '../../core/kubernetes.ts';
import type { Cluster, LabNode, LabPod, PodNames } from '../cluster.ts';

export const cniNames = ['calico', 'weave', 'cilium', 'ovs'] as const;
export type CniName = (typeof cniNames)[number];

export function isCniName(name: string): name is CniName {
  return cniNames.some((each) => each === name);
}

/**
 * How a CNI wires a cluster, connects its nodes, balances its Services and enforces its policies. Whatever it makes goes
 * with the namespaces, processes, cgroups and pins that are found by the lab's name.
 */
export interface Cni {
  readonly name: CniName;
  /** What Weir can know of what policy stopped: the kernel's reasons, or `unanswered` where the kernel hears of none. */
  readonly stopReasons: readonly string[];
  /** Flags of Weir's agent, by which it finds on a node what this CNI leaves there. */
  agentFlags(node: LabNode): Readonly<Record<string, string>>;
  /** The pod's interface on the node, as this CNI names it. */
  interfaceOf(pod: PodNames): string;
  /** Prepares the nodes and connects them with each other. The underlay is there, pods are not. */
  connectNodes(cluster: Cluster): Promise<void>;
  /** Builds the pods' namespaces, wires them to their nodes, and leaves there what this CNI leaves. */
  wire(cluster: Cluster, pods: readonly LabPod[]): Promise<void>;
  /** Makes every Service lead to the pods that are behind it now. */
  balance(cluster: Cluster): Promise<void>;
  /** Enforces exactly these policies, in place of those before. */
  enforce(cluster: Cluster, policies: readonly NetworkPolicy[]): Promise<void>;
}
