import type { Edge } from '../../core/edge.ts';
import { type WorkloadRef, workloadKey } from '../../core/identity.ts';
import { compareText } from '../../core/order.ts';
import { absorb } from './absorb.ts';
import { joinBlocks } from './join-blocks.ts';
import { type Grant, grantsByPeer, type PeerGrants } from './peer-grants.ts';
import type { RulePeer } from './rule-peer.ts';
import { portsKey, type RulePort } from './rule-port.ts';

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

function sortedByKey(edges: ReadonlyMap<string, Edge>): Edge[] {
  if (edges.size === 1) return [...edges.values()];
  return [...edges.keys()].sort(compareText).map((key) => edges.get(key) as Edge);
}

function ruleOf(peers: readonly PeerGrants[]): MergedRule {
  const edges = new Map<string, Edge>();
  const catching = new Set<readonly WorkloadRef[]>();
  const doubts = new Map<string, number>();
  const labels = new Set<string>();
  for (const { grounds } of peers) {
    const own = new Set<string>();
    for (const { edge, edgeKey, catches, doubts: some, peerLabel } of grounds) {
      if (edge !== null) edges.set(edgeKey, edge);
      if (catches.length > 0) catching.add(catches);
      for (const doubt of some) doubts.set(doubt, (doubts.get(doubt) ?? 0) + 1);
      own.add(peerLabel);
    }
    for (const label of own.size > 1 ? [...own].sort(compareText) : own) labels.add(label);
  }
  const caught = new Map([...catching].flatMap((refs) => refs.map((ref) => [workloadKey(ref), ref] as const)));
  return {
    peers: peers.map(({ peer }) => peer),
    peerLabels: [...labels],
    ports: peers[0]?.ports ?? null,
    edges: sortedByKey(edges),
    catches: [...caught].sort(([a], [b]) => compareText(a, b)).map(([, ref]) => ref),
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
    const key = portsKey(peer.ports);
    const rule = rules.get(key);
    if (rule === undefined) rules.set(key, [peer]);
    else rule.push(peer);
  }
  return Array.from(rules.values(), ruleOf);
}
