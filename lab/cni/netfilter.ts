import type { Direction } from '../../core/flow.ts';
import type { NetworkPolicy } from '../../core/kubernetes.ts';
import type { Cluster, LabPod } from '../cluster.ts';
import { enforcementRules } from '../enforce.ts';
import { kubeProxyRules } from '../kube-proxy.ts';
import { loadRules } from '../netns.ts';

/** Services as kube-proxy has them: nftables on every node. */
export async function balanceByNetfilter(cluster: Cluster): Promise<void> {
  await Promise.all(cluster.nodes.map((node) => loadRules(node.netns, kubeProxyRules(cluster, node))));
}

/** Policies as nftables on every node. @param matchOf nft match of what goes to or comes from a pod of that node */
export async function enforceByNetfilter(
  cluster: Cluster,
  policies: readonly NetworkPolicy[],
  matchOf: (pod: LabPod, direction: Direction) => string,
): Promise<void> {
  await Promise.all(
    cluster.nodes.map((node) => loadRules(node.netns, enforcementRules(cluster, node, policies, matchOf))),
  );
}
