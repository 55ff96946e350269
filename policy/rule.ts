import { type Edge, edgeKey } from '../core/edge.ts';
import type { NetworkPolicyPeer } from '../core/kubernetes.ts';
import { compareText } from '../core/order.ts';

/** A NetworkPolicyPort that leaves nothing open. */
export interface ExactPort {
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly port: number;
}

/** What one edge asks for: this peer, on these ports. */
export interface Grant {
  readonly peer: NetworkPolicyPeer;
  /** How people read the peer. */
  readonly peerLabel: string;
  readonly ports: readonly ExactPort[];
  readonly edge: Edge;
}

/** One rule of a policy, with the edges that it rests on. */
export interface MergedRule {
  /** Selectors before address blocks; sorted. */
  readonly peers: readonly NetworkPolicyPeer[];
  readonly peerLabels: readonly string[];
  /** Sorted by number, then protocol. */
  readonly ports: readonly ExactPort[];
  /** Sorted by key. */
  readonly edges: readonly Edge[];
}

interface PeerGrants {
  readonly key: string;
  readonly peer: NetworkPolicyPeer;
  readonly labels: Set<string>;
  readonly ports: Map<string, ExactPort>;
  readonly edges: Edge[];
}

/** `TCP 8080`. */
export function portLabel(port: ExactPort): string {
  return `${port.protocol} ${port.port}`;
}

function sortedPorts(ports: Iterable<ExactPort>): ExactPort[] {
  return [...ports].sort((a, b) => a.port - b.port || compareText(a.protocol, b.protocol));
}

function byPeer(grants: readonly Grant[]): PeerGrants[] {
  const found = new Map<string, PeerGrants>();
  for (const { peer, peerLabel, ports, edge } of grants) {
    const key = `${peer.ipBlock === undefined ? 0 : 1} ${JSON.stringify(peer)}`;
    let into = found.get(key);
    if (into === undefined) {
      into = { key, peer, labels: new Set(), ports: new Map(), edges: [] };
      found.set(key, into);
    }
    into.labels.add(peerLabel);
    for (const port of ports) into.ports.set(portLabel(port), port);
    into.edges.push(edge);
  }
  return [...found.values()].sort((a, b) => compareText(a.key, b.key));
}

/**
 * Merges what edges ask for into the fewest rules that allow no more: a peer's ports stand together, and peers that
 * have the same ports share a rule. The result does not depend on the order of the grants.
 */
export function mergeGrants(grants: readonly Grant[]): MergedRule[] {
  const rules = new Map<string, { readonly ports: readonly ExactPort[]; readonly peers: PeerGrants[] }>();
  for (const peer of byPeer(grants)) {
    const ports = sortedPorts(peer.ports.values());
    const key = ports.map(portLabel).join(',');
    const rule = rules.get(key);
    if (rule === undefined) rules.set(key, { ports, peers: [peer] });
    else rule.peers.push(peer);
  }
  return [...rules.values()].map(({ ports, peers }) => ({
    ports,
    peers: peers.map((each) => each.peer),
    peerLabels: [...new Set(peers.flatMap((each) => [...each.labels].sort()))],
    edges: peers.flatMap((each) => each.edges).sort((a, b) => compareText(edgeKey(a), edgeKey(b))),
  }));
}
