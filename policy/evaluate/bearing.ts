import type { Protocol } from '../../core/flow.ts';
import type { End } from './end.ts';
import type { Isolation, MatchedRules } from './isolation.ts';
import type { NodeIndex } from './nodes.ts';
import { flat, type MatchedPolicies, notIsolated, type Policies, Relation } from './relation.ts';
import type { SideDecision } from './side.ts';
import { type MatchedRule, matchTier } from './tier.ts';

const noAddress: readonly (Uint8Array | null)[] = [null];

/** The addresses of the far end that may be in use: of a family that both ends have, where that is known. */
function usableAddresses(families: ReadonlySet<number>, { addresses }: End): readonly (Uint8Array | null)[] {
  if (addresses.length === 0) return noAddress;
  if (addresses.length === 1) return addresses;
  const shared = addresses.filter((address) => families.has(address.length));
  return shared.length > 0 ? shared : addresses;
}

/** A text that is equal for equal matches with an end of one kind. */
function signature({ admin, isolation, baseline }: MatchedPolicies): string {
  const text = ({ policy, rule, peer, match }: MatchedRule) =>
    `${policy.kind}/${policy.name}/${rule}/${peer}/${match.strength}/${match.assumption}`;
  return `${isolation.number} ${[admin, baseline].map((tier) => flat(tier).map(text).join(' ')).join('  ')}`;
}

const nothing: MatchedRules = { number: 0, rules: [], longer: new Map() };
const untiered = { admin: [], baseline: [] };

/** Answers for one end and direction, and remembers how each class of far ends stands to it. */
export class Bearing {
  readonly #policies: Policies;
  readonly #nodes: NodeIndex;
  readonly #hasTiers: boolean;
  readonly #isolation: Isolation | null;
  /** By class, without gaps. */
  readonly #relations: (Relation | undefined)[] = [];
  readonly #onSameNode = new Map<number, Relation>();
  readonly #bySignature = new Map<string, Relation>();
  /** By kind of the far end, then by the number of its matches: where no cluster policy bears and one address counts. */
  readonly #byMatches: (Relation | undefined)[][] = [];

  constructor(policies: Policies, nodes: NodeIndex) {
    this.#policies = policies;
    this.#nodes = nodes;
    this.#isolation = policies.isolation;
    this.#hasTiers = policies.admin.length > 0 || policies.baseline.length > 0;
  }

  /** @see relation, which is worth its making only where many ports are asked for */
  decide(other: End, sameNode: boolean, protocol: Protocol, port: number): SideDecision {
    const isolation = this.#isolation;
    const { direction, self } = this.#policies;
    const addresses = other.addresses.length < 2 ? other.addresses : usableAddresses(this.#policies.families, other);
    if (this.#hasTiers || addresses.length > 1) return this.relation(other, sameNode).decide(protocol, port);
    if (isolation === null) return notIsolated[direction];
    const { peer } = other;
    const query = { direction, protocol, port, server: direction === 'ingress' ? self : peer };
    const matches = isolation.strongestAt(query, other, addresses[0] ?? null, this.#isPod(sameNode));
    return this.#related(other, sameNode, matches).decide(protocol, port);
  }

  /** @param sameNode whether the far end is the pod's own node, or on the network of it */
  relation(other: End, sameNode: boolean): Relation {
    const known = sameNode ? this.#onSameNode.get(other.class) : this.#relations[other.class];
    if (known !== undefined) return known;
    const relation = this.#relate(other, sameNode);
    if (sameNode) this.#onSameNode.set(other.class, relation);
    else {
      // An array with gaps becomes a table, which is many times slower.
      while (this.#relations.length <= other.class) this.#relations.push(undefined);
      this.#relations[other.class] = relation;
    }
    return relation;
  }

  #relate(other: End, sameNode: boolean): Relation {
    const { families, isolation } = this.#policies;
    const addresses = usableAddresses(families, other);
    if (this.#hasTiers || addresses.length > 1) return this.#relateByText(other, sameNode, addresses);
    const matches = isolation?.match(other, addresses[0] ?? null, this.#isPod(sameNode)) ?? nothing;
    return this.#related(other, sameNode, matches);
  }

  /** Where no cluster policy bears and one address counts, as for most ends: no text is made of it. */
  #related(other: End, sameNode: boolean, matches: MatchedRules): Relation {
    const ofKind = (this.#byMatches[this.#kind(other, sameNode)] ??= []);
    return (ofKind[matches.number] ??= this.#remember(other, sameNode, [{ ...untiered, isolation: matches }]));
  }

  #kind(other: End, sameNode: boolean): number {
    return other.kind[this.#policies.direction] * 2 + (sameNode && other.peer.type === 'node' ? 1 : 0);
  }

  #relateByText(other: End, sameNode: boolean, addresses: readonly (Uint8Array | null)[]): Relation {
    const matched = new Map<string, MatchedPolicies>();
    for (const address of addresses) {
      const next = this.#match(other, sameNode, address);
      matched.set(signature(next), next);
    }
    const key = `${this.#kind(other, sameNode)} ${[...matched.keys()].join('|')}`;
    let relation = this.#bySignature.get(key);
    if (relation === undefined) {
      relation = this.#remember(other, sameNode, [...matched.values()]);
      this.#bySignature.set(key, relation);
    }
    return relation;
  }

  #remember({ peer }: End, sameNode: boolean, matched: readonly MatchedPolicies[]): Relation {
    return new Relation(this.#policies, peer, peer.type === 'node' && sameNode, matched);
  }

  #match(other: End, sameNode: boolean, address: Uint8Array | null): MatchedPolicies {
    const { direction, admin, isolation, baseline } = this.#policies;
    const { peer } = other;
    return {
      admin: matchTier(admin, direction, peer, address, this.#nodes),
      isolation: isolation?.match(other, address, this.#isPod(sameNode)) ?? nothing,
      baseline: isolation === null ? matchTier(baseline, direction, peer, address, this.#nodes) : [],
    };
  }

  /**
   * Whether the labels of a far end on its node's network are sure to count. A network plugin that takes it for its node
   * lets it through where the pod itself is on that node, and applies no policy to the pod where that is on its node's
   * network too: so all that matters is what a plugin does that takes it for a pod.
   */
  #isPod(sameNode: boolean): boolean {
    return this.#policies.selfOnHost || sameNode;
  }
}
