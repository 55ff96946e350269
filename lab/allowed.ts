import { type Address, type Cidr, cidrContains, parseCidr } from '../core/address.ts';
import type { Direction } from '../core/flow.ts';
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../core/kubernetes.ts';
import { namespaceNameLabel } from '../core/kubernetes.ts';
import { blocksWithout } from './blocks.ts';
import { selects } from './selector.ts';
import type { WiredCluster, WiredPod } from './wired-cluster.ts';

/** Something that policies allow a pod: far ends, over one protocol or all, to a range of the server's ports. */
export interface Allowed {
  /** IPv4 blocks of which one has to hold the far end; null for every address. */
  readonly peers: readonly Cidr[] | null;
  /** Null for every protocol. */
  readonly protocol: 'TCP' | 'UDP' | 'SCTP' | null;
  /** Both inclusive; null for every port. */
  readonly ports: { readonly first: number; readonly last: number } | null;
}

type Peers = Allowed['peers'];

function blockOf(text: string): Cidr[] {
  const block = parseCidr(text);
  // The lab's pods speak IPv4 only.
  return block === null || block.family !== 4 ? [] : [block];
}

function hostOf({ address }: WiredPod): Cidr[] {
  return blockOf(`${address}/32`);
}

/**
 * What a pod may receive (ingress) or send (egress); null when no policy isolates it in that direction. This is the
 * lab's judge of what a NetworkPolicy means, so it is written from the API's description alone and shares nothing with
 * the policy engine that it is there to try.
 */
export function allowedOf(
  cluster: WiredCluster,
  policies: readonly NetworkPolicy[],
  pod: WiredPod,
  direction: Direction,
): Allowed[] | null {
  const isolating = policies.filter((policy) => isolates(policy, pod, direction));
  if (isolating.length === 0) return null;
  return isolating.flatMap(({ metadata, spec }) => {
    const rules =
      direction === 'ingress'
        ? (spec.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }))
        : (spec.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }));
    return rules.flatMap(({ peers, ports }) =>
      withPorts(cluster, pod, peersOf(cluster, metadata.namespace, peers), ports, direction),
    );
  });
}

function isolates({ metadata, spec }: NetworkPolicy, pod: WiredPod, direction: Direction): boolean {
  if (metadata.namespace !== pod.namespace || !selects(spec.podSelector, pod.labels)) return false;
  const implied = spec.egress === undefined || spec.egress.length === 0 ? ['Ingress'] : ['Ingress', 'Egress'];
  const types: readonly string[] = spec.policyTypes?.length ? spec.policyTypes : implied;
  return types.includes(direction === 'ingress' ? 'Ingress' : 'Egress');
}

function peersOf(cluster: WiredCluster, namespace: string, peers: readonly NetworkPolicyPeer[] | undefined): Peers {
  if (peers === undefined || peers.length === 0) return null;
  return peers.flatMap((peer) => {
    if (peer.ipBlock === undefined) {
      return cluster.pods.filter((pod) => peerSelects(cluster, namespace, peer, pod)).flatMap(hostOf);
    }
    const except = (peer.ipBlock.except ?? []).flatMap(blockOf);
    return blockOf(peer.ipBlock.cidr).flatMap((block) => blocksWithout(block, except));
  });
}

function peerSelects(cluster: WiredCluster, namespace: string, peer: NetworkPolicyPeer, pod: WiredPod): boolean {
  if (peer.namespaceSelector === undefined) {
    if (pod.namespace !== namespace) return false;
  } else {
    const declared = cluster.topology.namespaces.find(({ name }) => name === pod.namespace);
    if (!selects(peer.namespaceSelector, { ...declared?.labels, [namespaceNameLabel]: pod.namespace })) return false;
  }
  return peer.podSelector === undefined || selects(peer.podSelector, pod.labels);
}

function withPorts(
  cluster: WiredCluster,
  pod: WiredPod,
  peers: Peers,
  ports: readonly NetworkPolicyPort[] | undefined,
  direction: Direction,
): Allowed[] {
  if (ports === undefined || ports.length === 0) return [{ peers, protocol: null, ports: null }];
  return ports.flatMap(({ protocol = 'TCP', port, endPort }): Allowed[] => {
    if (port === undefined) return [{ peers, protocol, ports: null }];
    const one = (number: number) => ({ first: number, last: number });
    if (typeof port === 'number') return [{ peers, protocol, ports: { first: port, last: endPort ?? port } }];
    // A name means whatever the destination pod calls so: this pod, or each of those that it may talk to.
    if (direction === 'ingress') {
      return portsNamed(pod, port, protocol).map((number) => ({ peers, protocol, ports: one(number) }));
    }
    return cluster.pods
      .filter(({ address }) => peers === null || peers.some((block) => cidrContains(block, address as Address)))
      .flatMap((peer) =>
        portsNamed(peer, port, protocol).map((number) => ({ peers: hostOf(peer), protocol, ports: one(number) })),
      );
  });
}

function portsNamed({ workload }: WiredPod, name: string, protocol: string): number[] {
  return workload.ports.filter((each) => each.name === name && each.protocol === protocol).map(({ port }) => port);
}
