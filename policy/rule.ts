import { type Edge, edgeKey } from '../core/edge.ts';
import { type WorkloadRef, workloadKey } from '../core/identity.ts';
import { compareText } from '../core/order.ts';
import { absorb } from './absorb.ts';
import { joinBlocks } from './join-blocks.ts';
import { type Grant, grantsByPeer, type PeerGrants } from './peer-grants.ts';
import type { RulePeer } from './rule-peer.ts';
import { portLabel, type RulePort } from './rule-port.ts';

/** One rule of a policy, with what it rests on. */
export interface MergedRule {
  /** Selectors before address blocks; sorted. */
  readonly peers: readonly RulePeer[];
  readonly peerLabels: readonly string[];
  /** Sorted by number, then protocol; null means every port. */
  readonly ports: readonly RulePort[] | null;
  /** Sorted by key. */
  readonly edges: readonly Edge[];
  /** Every workload that the peers may let through besides those that were meant; sorted by key. */
  readonly catches: readonly WorkloadRef[];
  /** How many of the grants have each doubt; sorted. */
  readonly doubts: readonly (readonly [doubt: string, grants: number])[];
}

function sortedEdges(edges: ReadonlySet<Edge>): Edge[] {
  if (edges.size < 2) return [...edges];
  const keyed = Array.from(edges, (edge) => ({ key: edgeKey(edge), edge }));
  return keyed.sort((a, b) => compareText(a.key, b.key)).map(({ edge }) => edge);
}

function ruleOf(peers: readonly PeerGrants[]): MergedRule {
  const doubts = new Map<string, number>();
  for (const each of peers)
    for (const [doubt, count] of each.doubts) doubts.set(doubt, (doubts.get(doubt) ?? 0) + count);
  const catches = new Map<string, WorkloadRef>();
  for (const each of new Set(peers.flatMap(({ catches: sets }) => [...sets]))) {
    for (const ref of each) catches.set(workloadKey(ref), ref);
  }
  return {
    peers: peers.map(({ peer }) => peer),
    peerLabels: [...new Set(peers.flatMap((each) => [...each.labels].sort(compareText)))],
    ports: peers[0]?.ports ?? null,
    edges: sortedEdges(new Set(peers.flatMap((each) => [...each.edges]))),
    catches: [...catches].sort(([a], [b]) => compareText(a, b)).map(([, ref]) => ref),
    doubts: [...doubts].sort(([a], [b]) => compareText(a, b)),
  };
}

/**
 * Merges what is asked for into few rules that allow exactly the same, in whatever order it is given: a peer's ports
 * stand together, a peer has no port that a wider peer has too, halves of a block of addresses with the same ports
 * become the block, and peers that have the same ports share a rule. Each step keeps what is allowed, so no rule, peer or
 * port of the result can go, and no two rules can become one.
 * @param adjacentAsRange whether ports that touch become one range
 */
export function mergeGrants(grants: readonly Grant[], adjacentAsRange = false): MergedRule[] {
  const peers = grantsByPeer(grants, adjacentAsRange);
  const everyone = peers.find(({ peer }) => peer.type === 'everyone') ?? null;
  const rules = new Map<string, PeerGrants[]>();
  for (const peer of joinBlocks(absorb(peers, everyone), adjacentAsRange)) {
    const key = peer.ports === null ? 'every' : peer.ports.map(portLabel).join();
    const rule = rules.get(key);
    if (rule === undefined) rules.set(key, [peer]);
    else rule.push(peer);
  }
  return Array.from(rules.values(), ruleOf);
}
