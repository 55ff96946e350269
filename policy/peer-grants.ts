import type { Edge } from '../core/edge.ts';
import type { WorkloadRef } from '../core/identity.ts';
import { compareText } from '../core/order.ts';
import { peerKey, type RulePeer } from './rule-peer.ts';
import { normalPorts, type RulePort } from './rule-port.ts';

/** What one edge, or a person, asks for: this peer, on these ports. */
export interface Grant {
  readonly peer: RulePeer;
  /** How people read the peer. */
  readonly peerLabel: string;
  /** Null means every port of every protocol. */
  readonly ports: readonly RulePort[] | null;
  /** Null where no traffic asks for it. */
  readonly edge: Edge | null;
  /** Other workloads that the peer lets through, because nothing tells them apart. */
  readonly catches: readonly WorkloadRef[];
  /** Why one would not rely on it altogether. */
  readonly doubts: readonly string[];
}

/** Everything that is asked for one peer. */
export interface PeerGrants {
  readonly key: string;
  readonly peer: RulePeer;
  readonly labels: Set<string>;
  /** Normal; null means every port. */
  ports: readonly RulePort[] | null;
  readonly edges: Set<Edge>;
  readonly catches: Set<readonly WorkloadRef[]>;
  /** How many grants have each doubt. */
  readonly doubts: Map<string, number>;
}

export function newPeerGrants(peer: RulePeer, ports: readonly RulePort[] | null): PeerGrants {
  const key = peerKey(peer);
  return { key, peer, labels: new Set(), ports, edges: new Set(), catches: new Set(), doubts: new Map() };
}

/** Puts what one peer rests on under another. */
export function addGrounds(into: PeerGrants, from: PeerGrants): void {
  for (const label of from.labels) into.labels.add(label);
  for (const edge of from.edges) into.edges.add(edge);
  for (const refs of from.catches) into.catches.add(refs);
  for (const [doubt, count] of from.doubts) into.doubts.set(doubt, (into.doubts.get(doubt) ?? 0) + count);
}

/** @param adjacentAsRange whether ports that touch become one range. @returns sorted by key of the peer */
export function grantsByPeer(grants: readonly Grant[], adjacentAsRange: boolean): PeerGrants[] {
  const found = new Map<string, { readonly of: PeerGrants; readonly ports: RulePort[]; every: boolean }>();
  for (const { peer, peerLabel, ports, edge, catches, doubts } of grants) {
    const key = peerKey(peer);
    let into = found.get(key);
    if (into === undefined) {
      into = { of: newPeerGrants(peer, null), ports: [], every: false };
      found.set(key, into);
    }
    const { of } = into;
    of.labels.add(peerLabel);
    if (ports === null) into.every = true;
    else for (const port of ports) into.ports.push(port);
    if (edge !== null) of.edges.add(edge);
    if (catches.length > 0) of.catches.add(catches);
    for (const doubt of doubts) of.doubts.set(doubt, (of.doubts.get(doubt) ?? 0) + 1);
  }
  const all = Array.from(found.values(), ({ of, ports, every }) => {
    of.ports = every ? null : normalPorts(ports, adjacentAsRange);
    return of;
  });
  return all.sort((a, b) => compareText(a.key, b.key));
}
