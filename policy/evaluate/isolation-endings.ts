import type { Assumption, PolicyRef } from './because.ts';
import type { Endings } from './endings.ts';
import { assumed, certain, perhaps } from './match.ts';
import { isIcmp, searchPorts } from './port.ts';
import type { Peer } from './query.ts';
import type { MatchedRule, PortQuery } from './tier.ts';

/** What is open about an end that no selector and no address of a rule can be held against. */
function assumptionAbout(other: Peer): Assumption | null {
  switch (other.type) {
    case 'node':
      return 'node-traffic';
    case 'service':
      return 'service-address';
    case 'gone':
      return 'workload-gone';
    case 'pod':
      return other.hostNetwork ? 'host-network' : null;
    case 'address':
    // The rules that may hold it have said so.
    case 'hidden':
      return null;
  }
}

/** The strongest match of any rule for the port, the first of equals. */
export function strongestRule(matched: readonly MatchedRule[], query: PortQuery): MatchedRuleAt | null {
  let best: MatchedRuleAt | null = null;
  for (const rule of matched) {
    if (best !== null && best.rule.match.strength >= rule.match.strength) continue;
    const port = searchPorts(rule.ports, query.protocol, query.port, query.server);
    if (port === -1) continue;
    best = { rule, port };
    if (rule.match.strength === certain) break;
  }
  return best;
}

function namesPorts(ports: MatchedRule['ports']): boolean {
  return ports?.some(({ port }) => typeof port === 'string') === true;
}

interface MatchedRuleAt {
  readonly rule: MatchedRule;
  readonly port: number | null;
}

/** How the two ends stand to each other, as far as policies look at it. */
export interface Ends {
  readonly other: Peer;
  /** Whether the pod that the policies select is on its node's network. */
  readonly selfOnHost: boolean;
}

/** What the policies that isolate a pod come to for one port: they always decide. @param refs all of them */
export function endingsOfIsolation(
  refs: readonly PolicyRef[],
  matched: readonly MatchedRule[],
  query: PortQuery,
  { other, selfOnHost }: Ends,
): Endings {
  const { direction } = query;
  const denial = { because: { type: 'default-deny', direction, policies: refs }, strength: certain } as const;
  const open = (assumption: Assumption): Endings => {
    const because = { type: 'open', direction, policies: refs, assumption } as const;
    return { allow: { because, strength: perhaps }, deny: denial, pass: false, silent: false, assumption };
  };
  if (isIcmp(query.protocol)) return open('icmp');
  const best = strongestRule(matched, query);
  if (best !== null && best.rule.match.strength >= assumed) {
    const { policy, tier, rule, peer, match } = best.rule;
    const { strength, assumption } = match;
    const place = { tier, policy, action: 'allow', rule, peer, port: best.port } as const;
    const because = { type: 'rule', direction, ...place, assumption } as const;
    return { allow: { because, strength }, deny: null, pass: false, silent: false, assumption: null };
  }
  if (selfOnHost) return open('host-network');
  const mayBeNamed = query.server.type === 'hidden' && matched.some(({ ports }) => namesPorts(ports));
  const assumption = best?.rule.match.assumption ?? (mayBeNamed ? 'hidden' : assumptionAbout(other));
  if (assumption !== null) return open(assumption);
  return { allow: null, deny: denial, pass: false, silent: false, assumption: null };
}
