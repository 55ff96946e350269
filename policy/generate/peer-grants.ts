import type { Edge } from '../../core/edge.ts';
import type { WorkloadRef } from '../../core/identity.ts';
import { compareText } from '../../core/order.ts';
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
  /** By which edges are sorted; empty where there is none. */
  readonly edgeKey: string;
  /** Other workloads that the peer lets through, because nothing tells them apart. */
  readonly catches: readonly WorkloadRef[];
  /** Why one would not rely on it altogether. */
  readonly doubts: readonly string[];
}

/** What a rule can be made for, or the reason why it cannot. */
export type Asked = { readonly grants: readonly Grant[] } | { readonly reason: string };

/** Everything that is asked for one peer. A cluster has hundreds of thousands of these: they are kept small. */
export interface PeerGrants {
  readonly key: string;
  readonly peer: RulePeer;
  /** Normal; null means every port. */
  ports: readonly RulePort[] | null;
  /** What it rests on, in the order in which it was given. */
  readonly grounds: Grant[];
}

export function newPeerGrants(peer: RulePeer, ports: readonly RulePort[] | null): PeerGrants {
  return { key: peerKey(peer), peer, ports, grounds: [] };
}

/** Puts what one peer rests on under another. */
export function addGrounds(into: PeerGrants, from: PeerGrants): void {
  for (const each of from.grounds) into.grounds.push(each);
}

function portsOf(grounds: readonly Grant[], adjacentAsRange: boolean): readonly RulePort[] | null {
  const [first] = grounds;
  if (grounds.length === 1 && (first?.ports?.length ?? 1) === 1) return first?.ports ?? null;
  const all: RulePort[] = [];
  for (const { ports } of grounds) {
    if (ports === null) return null;
    for (const port of ports) all.push(port);
  }
  return normalPorts(all, adjacentAsRange);
}

/** @param adjacentAsRange whether ports that touch become one range. @returns sorted by key of the peer */
export function grantsByPeer(grants: readonly Grant[], adjacentAsRange: boolean): PeerGrants[] {
  const found = new Map<string, PeerGrants>();
  for (const grant of grants) {
    const key = peerKey(grant.peer);
    const into = found.get(key);
    if (into === undefined) found.set(key, { key, peer: grant.peer, ports: null, grounds: [grant] });
    else into.grounds.push(grant);
  }
  const all = [...found.values()];
  for (const each of all) each.ports = portsOf(each.grounds, adjacentAsRange);
  return all.sort((a, b) => compareText(a.key, b.key));
}
