import type { Direction, Protocol } from '../../core/flow.ts';
import type { PolicyRef, Tier } from './because.ts';
import type { Action, CompiledClusterPolicy, CompiledClusterRule } from './compile-cluster.ts';
import { type Endings, endOfTier, followedBy, inAnyOrder, silence } from './endings.ts';
import { certain, type Match, perhaps } from './match.ts';
import { matchClusterPeer } from './match-cluster.ts';
import type { NodeIndex } from './nodes.ts';
import { type CompiledPort, isIcmp, searchPorts } from './port.ts';
import type { Peer } from './query.ts';

/** Policies of one version of the API in the order in which they are asked: those of each priority together. */
type Chain = readonly (readonly CompiledClusterPolicy[])[];

/** The policies of a tier that select a pod; the chains of the two versions have no order between them. */
export type ClusterTier = readonly Chain[];

/** A rule whose peers match the far end, or may. */
export interface MatchedRule {
  readonly tier: Tier;
  readonly policy: PolicyRef;
  readonly action: Action;
  readonly rule: number;
  readonly peer: number | null;
  readonly match: Match;
  readonly ports: readonly CompiledPort[] | null;
  readonly coversIcmp: boolean;
}

/** As the tier, with the rules of each policy that match. */
export type MatchedTier = readonly (readonly (readonly (readonly MatchedRule[])[])[])[];

function chainOf(policies: readonly CompiledClusterPolicy[]): Chain {
  const byPriority = new Map<number, CompiledClusterPolicy[]>();
  for (const policy of policies) {
    const equals = byPriority.get(policy.priority);
    if (equals === undefined) byPriority.set(policy.priority, [policy]);
    else equals.push(policy);
  }
  return [...byPriority].sort(([a], [b]) => a - b).map(([, equals]) => equals);
}

export function tierOf(policies: readonly CompiledClusterPolicy[]): ClusterTier {
  const [forebears, successors] = [
    policies.filter(({ isForebear }) => isForebear),
    policies.filter(({ isForebear }) => !isForebear),
  ];
  return [forebears, successors].filter(({ length }) => length > 0).map(chainOf);
}

const unknownPeer: Match = { strength: certain, assumption: 'unknown-peer' };

/** The strongest match of a rule's peers; an unknown one closes the rule, as the API says. */
function matchRule(
  rule: CompiledClusterRule,
  other: Peer,
  address: Uint8Array | null,
  nodes: NodeIndex,
): Omit<MatchedRule, 'tier' | 'policy' | 'rule'> | null {
  const unknown = rule.peers.findIndex(({ type }) => type === 'unknown');
  if (unknown >= 0) {
    if (rule.action === 'allow') return null;
    return { action: 'deny', peer: unknown, match: unknownPeer, ports: null, coversIcmp: true };
  }
  let best: { readonly peer: number; readonly match: Match } | null = null;
  for (let peer = 0; peer < rule.peers.length && best?.match.strength !== certain; peer++) {
    const match = matchClusterPeer(rule.peers[peer] as CompiledClusterRule['peers'][number], other, address, nodes);
    if (match !== null && (best === null || match.strength > best.match.strength)) best = { peer, match };
  }
  return best === null ? null : { ...best, action: rule.action, ports: rule.ports, coversIcmp: rule.coversIcmp };
}

function matchPolicy(
  { ref, tier, rules }: CompiledClusterPolicy,
  direction: Direction,
  other: Peer,
  address: Uint8Array | null,
  nodes: NodeIndex,
): MatchedRule[] {
  const matched: MatchedRule[] = [];
  for (const [rule, compiled] of rules[direction].entries()) {
    const match = matchRule(compiled, other, address, nodes);
    if (match !== null) matched.push({ tier, policy: ref, rule, ...match });
  }
  return matched;
}

/** Holds a tier against the far end of a connection, whatever the port. */
export function matchTier(
  tier: ClusterTier,
  direction: Direction,
  other: Peer,
  address: Uint8Array | null,
  nodes: NodeIndex,
): MatchedTier {
  return tier.map((chain) =>
    chain.map((equals) => equals.map((policy) => matchPolicy(policy, direction, other, address, nodes))),
  );
}

/** What a connection to a port of the server comes to. */
export interface PortQuery {
  readonly direction: Direction;
  readonly protocol: Protocol;
  readonly port: number;
  readonly server: Peer;
}

/** Null where the rule does not cover the port. */
function coverage(
  rule: MatchedRule,
  { protocol, port, server }: PortQuery,
): { port: number | null; match: Match } | null {
  const { ports, coversIcmp, match } = rule;
  if (isIcmp(protocol)) {
    if (ports !== null) return null;
    return { port: null, match: coversIcmp ? match : { strength: perhaps, assumption: 'icmp' } };
  }
  const found = searchPorts(ports, protocol, port, server);
  if (found !== -1) return { port: found, match };
  // What the far end's ports are called is as unknown as the rest of it.
  const isUnknown = server.type === 'gone' || server.type === 'service' || server.type === 'hidden';
  const named = ports?.findIndex((each) => typeof each.port === 'string') ?? -1;
  return isUnknown && named >= 0 ? { port: named, match } : null;
}

function endingsOfRule(rule: MatchedRule, query: PortQuery): Endings {
  const covered = coverage(rule, query);
  if (covered === null) return silence;
  const { tier, policy, action, rule: index, peer } = rule;
  const { match, port } = covered;
  const open = match.strength === perhaps;
  const common = { pass: action === 'pass', silent: open, assumption: open ? match.assumption : null };
  if (action === 'pass') return { allow: null, deny: null, ...common };
  const { direction } = query;
  const { assumption, strength } = match;
  const because = { type: 'rule', direction, tier, policy, action, rule: index, peer, port, assumption } as const;
  const ending = { because, strength };
  return { allow: action === 'allow' ? ending : null, deny: action === 'deny' ? ending : null, ...common };
}

function inOrder(parts: Iterable<Endings>): Endings {
  let all = silence;
  for (const part of parts) {
    all = followedBy(all, part);
    if (!all.silent) break;
  }
  return all;
}

/** What the rules of a tier come to for one port. */
export function endingsOfTier(tier: MatchedTier, query: PortQuery): Endings {
  if (tier.length === 0) return silence;
  const ofPolicy = (rules: readonly MatchedRule[]) => inOrder(rules.map((rule) => endingsOfRule(rule, query)));
  const chains = tier.map((chain) =>
    inOrder(chain.map((equals) => inAnyOrder(equals.map(ofPolicy), 'equal-priority'))),
  );
  return endOfTier(inAnyOrder(chains, 'mixed-versions'));
}
