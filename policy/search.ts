import type { Direction } from '../core/flow.ts';
import type { CompiledPeer, CompiledPolicy, CompiledRule } from './compile.ts';
import { addressFamily, assumed, certain, certainMatch, type End, type Match, matchPeer, matchPort } from './match.ts';
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

/**
 * Whether the labels of a far end on its node's network are sure to count. A network plugin that takes it for its node
 * lets it through where the pod itself is on that node, and applies no policy to the pod where that is on its node's
 * network too: so all that matters is what a plugin does that takes it for a pod.
 */
function hostPodIsPod({ peer: self }: End, { peer: other }: End): boolean {
  if (self.type !== 'pod' || other.type !== 'pod') return false;
  return self.hostNetwork || (self.nodeName !== null && self.nodeName === other.nodeName);
}

/** The addresses of the far end that may be in use: of a family that both ends have, where that is known. */
function usableAddresses(self: End, other: End): readonly (Uint8Array | null)[] {
  if (other.addresses.length === 0) return noAddress;
  if (other.addresses.length === 1) return other.addresses;
  const shared = other.addresses.filter((address) => self.addresses.some((own) => own.length === address.length));
  return shared.length > 0 ? shared : other.addresses;
}

const noAddress = [null];

/** The strongest match of any rule for a connection of `self` with `other`, the first of equals; null if none may match. */
function searchAddress(
  direction: Direction,
  policies: readonly CompiledPolicy[],
  self: End,
  other: End,
  address: Uint8Array | null,
  query: Query,
): Found | null {
  const asPod = hostPodIsPod(self, other);
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
        const match = matchPeer(peers[peer] as CompiledPeer, policy.ref.namespace, other.peer, address, asPod);
        if (match === null || (best !== null && best.match.strength >= match.strength)) continue;
        best = { match, policy, rule, peer, port };
        if (match.strength === certain) return best;
      }
    }
  }
  return best;
}

function allows(found: Found | null): boolean {
  return found !== null && found.match.strength >= assumed;
}

/**
 * As the rules have it for every address that the far end may be using: a pod may have one of each family. Where the
 * addresses differ in whether they are allowed, the match is one that depends on the family.
 */
export function searchRules(
  direction: Direction,
  policies: readonly CompiledPolicy[],
  self: End,
  other: End,
  query: Query,
): Found | null {
  let first: Found | null | undefined;
  for (const address of usableAddresses(self, other)) {
    const found = searchAddress(direction, policies, self, other, address, query);
    // Nothing about an address makes a match with a pod certain: it holds for all of them.
    if (found?.match.strength === certain) return found;
    if (first === undefined) first = found;
    else if (allows(first) !== allows(found)) return { ...((first ?? found) as Found), match: addressFamily };
    else first ??= found;
  }
  return first ?? null;
}
