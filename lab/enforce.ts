import type { Direction } from '../core/flow.ts';
import type { NetworkPolicy } from '../core/kubernetes.ts';
import { type Allowed, allowedOf } from './allowed.ts';
import type { WiredCluster, WiredNode, WiredPod } from './wired-cluster.ts';

/**
 * NetworkPolicies as nftables rules of one node.
 *
 * Every pod that policies select in a direction gets a chain of what they allow, with a drop at its end. A match
 * returns instead of accepting, because the other direction has its own say.
 *
 * @param matchOf nft match of what goes to (ingress) or comes from (egress) a pod of this node
 */
export function enforcementRules<Pod extends WiredPod>(
  cluster: WiredCluster<Pod>,
  node: WiredNode,
  policies: readonly NetworkPolicy[],
  matchOf: (pod: Pod, direction: Direction) => string,
): string {
  const chains: string[] = [];
  const jumps: string[] = [];
  for (const pod of cluster.pods.filter((each) => each.node === node.name)) {
    for (const direction of ['egress', 'ingress'] as const) {
      const allowed = allowedOf(cluster, policies, pod, direction);
      if (allowed === null) continue;
      const chain = `${direction}-${pod.interface}`;
      const rules = allowed.flatMap((each) => returnRule(each, direction));
      chains.push(`  chain ${chain} {\n${[...rules, 'drop'].map((rule) => `    ${rule}\n`).join('')}  }`);
      jumps.push(`${matchOf(pod, direction)} jump ${chain}`);
    }
  }
  const empty = 'table inet weir-policy {}\ndelete table inet weir-policy\n';
  if (chains.length === 0) return empty;
  // Only replies pass by their connection's state. The opener's packets are judged one by one, so that a connection
  // which was open before a policy came is cut too.
  return `${empty}table inet weir-policy {
${chains.join('\n')}
  chain judge {
    type filter hook forward priority filter; policy accept;
    ct state related accept
    ct state established ct direction reply accept
${jumps.map((jump) => `    ${jump}\n`).join('')}  }
}
`;
}

function returnRule({ peers, protocol, ports }: Allowed, direction: Direction): string[] {
  if (peers?.length === 0) return [];
  const field = direction === 'ingress' ? 'ip saddr' : 'ip daddr';
  const peer = peers === null ? '' : `${field} { ${peers.map(({ text }) => text).join(', ')} }`;
  const transport = protocol?.toLowerCase();
  const port = ports === null ? '' : `${transport} dport ${ports.first}-${ports.last}`;
  const any = transport === undefined || ports !== null ? '' : `meta l4proto ${transport}`;
  return [[peer, port, any, 'return'].filter(Boolean).join(' ')];
}
