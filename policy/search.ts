import type { Direction } from '../core/flow.ts';
import type { CompiledPolicy, CompiledRule } from './compile.ts';
import { certain, certainMatch, type End, type Match, matchPeer, matchPort } from './match.ts';
import type { Query } from './query.ts';

/** A place in a policy that lets a connection through, or may. Indexes as in `Because`. */
export interface Found {
  readonly match: Match;
  readonly policy: CompiledPolicy;
  readonly rule: number;
  readonly peer: number | null;
  readonly port: number | null;
}

/** Index of the first port that matches; null where the rule names none, -1 where none of them matches. */
function searchPorts({ ports }: CompiledRule, query: Query): number | null {
  if (ports === null) return null;
  for (let index = 0; index < ports.length; index++) {
    const port = ports[index];
    if (port !== undefined && matchPort(port, query.protocol, query.port, query.server)) return index;
  }
  return -1;
}

function onSameNode({ peer: a }: End, { peer: b }: End): boolean {
  return a.type === 'pod' && b.type === 'pod' && a.nodeName !== null && a.nodeName === b.nodeName;
}

/** The strongest match of any rule for a connection of `self` with `other`, the first of equals; null if none may match. */
export function searchRules(
  direction: Direction,
  policies: readonly CompiledPolicy[],
  self: End,
  other: End,
  query: Query,
): Found | null {
  const sameNode = onSameNode(self, other);
  let best: Found | null = null;
  for (const policy of policies) {
    const rules = policy.rules[direction] ?? [];
    for (let rule = 0; rule < rules.length; rule++) {
      const candidate = rules[rule] as CompiledRule;
      const port = searchPorts(candidate, query);
      if (port === -1) continue;
      const { peers } = candidate;
      if (peers === null) return { match: certainMatch, policy, rule, peer: null, port };
      for (let peer = 0; peer < peers.length; peer++) {
        const match = matchPeer(peers[peer] as (typeof peers)[number], policy.ref.namespace, self, other, sameNode);
        if (match === null || (best !== null && best.match.strength >= match.strength)) continue;
        best = { match, policy, rule, peer, port };
        if (match.strength === certain) return best;
      }
    }
  }
  return best;
}
