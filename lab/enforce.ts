import { parseCidr } from '../core/address.ts';
import type { Direction } from '../core/flow.ts';
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../core/kubernetes.ts';
import { namespaceNameLabel } from '../core/kubernetes.ts';
import type { Cluster, LabNode, LabPod } from './cluster.ts';
import { selects } from './selector.ts';

/**
 * NetworkPolicies as nftables rules of one node. This is the lab's judge of what a policy means, so it is written from
 * the API's description alone and shares nothing with the policy engine that it is there to try.
 *
 * Every pod that policies select in a direction gets a chain of what they allow, with a drop at its end. A match
 * returns instead of accepting, because the other direction has its own say.
 *
 * @param matchOf nft match of what goes to (ingress) or comes from (egress) a pod of this node
 */
export function enforcementRules(
  cluster: Cluster,
  node: LabNode,
  policies: readonly NetworkPolicy[],
  matchOf: (pod: LabPod, direction: Direction) => string,
): string {
  const chains: string[] = [];
  const jumps: string[] = [];
  for (const pod of cluster.pods.filter((each) => each.node === node.name)) {
    for (const direction of ['egress', 'ingress'] as const) {
      const isolating = policies.filter((policy) => isolates(policy, pod, direction));
      if (isolating.length === 0) continue;
      const chain = `${direction}-${pod.interface}`;
      const rules = isolating.flatMap((policy) => allowRules(cluster, policy, pod, direction));
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

function isolates({ metadata, spec }: NetworkPolicy, pod: LabPod, direction: Direction): boolean {
  if (metadata.namespace !== pod.namespace || !selects(spec.podSelector, pod.labels)) return false;
  const implied = spec.egress === undefined || spec.egress.length === 0 ? ['Ingress'] : ['Ingress', 'Egress'];
  const types: readonly string[] = spec.policyTypes?.length ? spec.policyTypes : implied;
  return types.includes(direction === 'ingress' ? 'Ingress' : 'Egress');
}

function allowRules(cluster: Cluster, policy: NetworkPolicy, pod: LabPod, direction: Direction): string[] {
  const rules =
    direction === 'ingress'
      ? (policy.spec.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }))
      : (policy.spec.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }));
  return rules.flatMap(({ peers, ports }) =>
    peerMatches(cluster, policy.metadata.namespace, peers, direction).flatMap((peer) =>
      portMatches(cluster, pod, ports, direction).map((port) => [peer, port, 'return'].filter(Boolean).join(' ')),
    ),
  );
}

/** One nft match for each peer; the empty match for every peer when none is named. */
function peerMatches(
  cluster: Cluster,
  namespace: string,
  peers: readonly NetworkPolicyPeer[] | undefined,
  direction: Direction,
): string[] {
  if (peers === undefined || peers.length === 0) return [''];
  const field = direction === 'ingress' ? 'ip saddr' : 'ip daddr';
  return peers.flatMap((peer) => {
    if (peer.ipBlock !== undefined) {
      const block = parseCidr(peer.ipBlock.cidr);
      // The lab's pods speak IPv4 only.
      if (block === null || block.family !== 4) return [];
      const except = (peer.ipBlock.except ?? []).map((cidr) => `${field} != ${cidr}`);
      return [[`${field} ${block.text}`, ...except].join(' ')];
    }
    const addresses = cluster.pods
      .filter((pod) => peerSelects(cluster, namespace, peer, pod))
      .map(({ address }) => address);
    return addresses.length === 0 ? [] : [`${field} { ${addresses.join(', ')} }`];
  });
}

function peerSelects(cluster: Cluster, namespace: string, peer: NetworkPolicyPeer, pod: LabPod): boolean {
  if (peer.namespaceSelector === undefined) {
    if (pod.namespace !== namespace) return false;
  } else {
    const declared = cluster.topology.namespaces.find(({ name }) => name === pod.namespace);
    if (!selects(peer.namespaceSelector, { ...declared?.labels, [namespaceNameLabel]: pod.namespace })) return false;
  }
  return peer.podSelector === undefined || selects(peer.podSelector, pod.labels);
}

/** One nft match for each port; the empty match for every protocol and port when none is named. */
function portMatches(
  cluster: Cluster,
  pod: LabPod,
  ports: readonly NetworkPolicyPort[] | undefined,
  direction: Direction,
): string[] {
  if (ports === undefined || ports.length === 0) return [''];
  return ports.flatMap(({ protocol = 'TCP', port, endPort }): string[] => {
    const transport = protocol.toLowerCase();
    if (port === undefined) return [`meta l4proto ${transport}`];
    if (typeof port === 'number') return [`${transport} dport ${port}${endPort === undefined ? '' : `-${endPort}`}`];
    // A name means whatever the destination pod calls so: this pod, or each of those that it may talk to.
    if (direction === 'ingress') return portsNamed(pod, port, protocol).map((number) => `${transport} dport ${number}`);
    const destinations = cluster.pods.flatMap((each) =>
      portsNamed(each, port, protocol).map((number) => `${each.address} . ${number}`),
    );
    return destinations.length === 0 ? [] : [`ip daddr . ${transport} dport { ${destinations.join(', ')} }`];
  });
}

function portsNamed({ workload }: LabPod, name: string, protocol: string): number[] {
  return workload.ports.filter((each) => each.name === name && each.protocol === protocol).map(({ port }) => port);
}
