import type { Direction, Protocol } from '../core/flow.ts';
import { protocols } from '../core/flow.ts';
import type { Assumption, Because, PolicyRef } from './because.ts';
import type { End } from './end.ts';
import { type Endings, followedBy } from './endings.ts';
import { endingsOfIsolation, type Isolation, matchIsolation } from './isolation.ts';
import { certain } from './match.ts';
import type { NodeIndex } from './nodes.ts';
import type { Peer } from './query.ts';
import type { SideDecision } from './side.ts';
import {
  type ClusterTier,
  endingsOfTier,
  type MatchedRule,
  type MatchedTier,
  matchTier,
  type PortQuery,
} from './tier.ts';

/** Everything that bears on one end in one direction. Ends for which it is equal share it. */
export interface Policies {
  readonly direction: Direction;
  readonly admin: ClusterTier;
  /** Null where no NetworkPolicy isolates the pod. */
  readonly isolation: Isolation | null;
  readonly baseline: ClusterTier;
  readonly selfOnHost: boolean;
  /** The families of the pod's own addresses, by the bytes that an address has. */
  readonly families: ReadonlySet<number>;
  /** A pod that stands for all that share this: its ports are theirs. */
  readonly self: Peer;
}

/** The rules of every tier that match the far end when it uses one of its addresses. */
export interface MatchedPolicies {
  readonly admin: MatchedTier;
  readonly isolation: readonly MatchedRule[];
  readonly baseline: MatchedTier;
}

const openDefault: Readonly<Record<Direction, Endings>> = {
  ingress: endingOf({ type: 'not-isolated', direction: 'ingress' }),
  egress: endingOf({ type: 'not-isolated', direction: 'egress' }),
};
const ownNode = endingOf({ type: 'own-node' });

function endingOf(because: Because): Endings {
  return { allow: { because, strength: certain }, deny: null, pass: false, silent: false, assumption: null };
}

function flat(tier: MatchedTier): readonly MatchedRule[] {
  return tier.flat(3);
}

/** How many answers a relation keeps. */
const maxAnswers = 1024;

/** How the policies of one end stand to a far end, on whatever port. */
export class Relation {
  readonly #policies: Policies;
  readonly #other: Peer;
  readonly #isOwnNode: boolean;
  readonly #answers = new Map<number, SideDecision>();
  /** One for each address that the far end may be using and that makes a difference. */
  readonly matched: readonly MatchedPolicies[];

  constructor(policies: Policies, other: Peer, isOwnNode: boolean, matched: readonly MatchedPolicies[]) {
    this.#policies = policies;
    this.#other = other;
    this.#isOwnNode = isOwnNode;
    this.matched = matched;
  }

  get server(): Peer {
    return this.#policies.direction === 'ingress' ? this.#policies.self : this.#other;
  }

  decide(protocol: Protocol, port: number): SideDecision {
    const key = protocols.indexOf(protocol) * 65536 + port;
    let answer = this.#answers.get(key);
    if (answer === undefined) {
      answer = this.#decide({ direction: this.#policies.direction, protocol, port, server: this.server });
      if (this.#answers.size >= maxAnswers) this.#answers.clear();
      this.#answers.set(key, answer);
    }
    return answer;
  }

  #decide(query: PortQuery): SideDecision {
    const [first, ...others] = this.matched.map((matched) => this.#endings(matched, query));
    let { allow, deny, assumption } = first as Endings;
    for (const next of others) {
      // One family is denied and the other is not: that, and nothing about either alone, is what is open.
      if (assumption === null && next.assumption === null && (allow === null) !== (next.allow === null)) {
        assumption = 'address-family';
      }
      allow ??= next.allow;
      deny ??= next.deny;
      assumption ??= next.assumption;
    }
    if (allow !== null && deny !== null) return this.#open(assumption as Assumption);
    const { because } = (allow ?? deny) as { readonly because: Because };
    return { decision: allow === null ? 'denied' : 'allowed', because };
  }

  #endings({ admin, isolation, baseline }: MatchedPolicies, query: PortQuery): Endings {
    const first = endingsOfTier(admin, query);
    return first.silent ? followedBy(first, this.#belowAdmin(isolation, baseline, query)) : first;
  }

  #belowAdmin(matched: readonly MatchedRule[], baseline: MatchedTier, query: PortQuery): Endings {
    const { isolation, selfOnHost, direction } = this.#policies;
    if (isolation === null) return followedBy(endingsOfTier(baseline, query), openDefault[direction]);
    if (this.#isOwnNode) return ownNode;
    return endingsOfIsolation(isolation, matched, query, { other: this.#other, selfOnHost });
  }

  #open(assumption: Assumption): SideDecision {
    const { direction, isolation } = this.#policies;
    const clusterRules = this.matched.flatMap(({ admin, baseline }) => [
      ...flat(admin),
      ...(isolation === null ? flat(baseline) : []),
    ]);
    const policies: readonly PolicyRef[] = [
      ...new Set(clusterRules.map(({ policy }) => policy)),
      ...(isolation?.refs ?? []),
    ];
    return { decision: 'depends', because: { type: 'open', direction, policies, assumption } };
  }
}

const noAddress: readonly (Uint8Array | null)[] = [null];

/** The addresses of the far end that may be in use: of a family that both ends have, where that is known. */
function usableAddresses(families: ReadonlySet<number>, { addresses }: End): readonly (Uint8Array | null)[] {
  if (addresses.length === 0) return noAddress;
  if (addresses.length === 1) return addresses;
  const shared = addresses.filter((address) => families.has(address.length));
  return shared.length > 0 ? shared : addresses;
}

/** A text that is equal for equal matches. */
function signature({ admin, isolation, baseline }: MatchedPolicies): string {
  const rule = ({ policy, rule: index, peer, match }: MatchedRule) =>
    `${policy.kind}/${policy.namespace}/${policy.name}/${index}/${peer}/${match.strength}/${match.assumption}`;
  return [...flat(admin), ...isolation, ...flat(baseline)].map(rule).join(' ');
}

/** Answers for one end and direction, and remembers how each class of far ends stands to it. */
export class Bearing {
  readonly #policies: Policies;
  readonly #nodes: NodeIndex;
  readonly #relations: Relation[] = [];
  readonly #bySignature = new Map<string, Relation>();

  constructor(policies: Policies, nodes: NodeIndex) {
    this.#policies = policies;
    this.#nodes = nodes;
  }

  /** @param sameNode whether the far end is the pod's own node, or on the network of it */
  relation(other: End, sameNode: boolean): Relation {
    const index = other.class * 2 + (sameNode ? 1 : 0);
    return (this.#relations[index] ??= this.#relate(other, sameNode));
  }

  #relate(other: End, sameNode: boolean): Relation {
    const matched = usableAddresses(this.#policies.families, other).map((address) =>
      this.#match(other, sameNode, address),
    );
    const signatures = matched.map(signature);
    const distinct = matched.filter((_, index) => signatures.indexOf(signatures[index] as string) === index);
    const isOwnNode = other.peer.type === 'node' && sameNode;
    const far = this.#policies.direction === 'egress' ? other.portsText : '';
    const onHost = other.peer.type === 'pod' && other.peer.hostNetwork;
    const key = JSON.stringify([other.peer.type, onHost, isOwnNode, far, ...new Set(signatures)]);
    let relation = this.#bySignature.get(key);
    if (relation === undefined) {
      relation = new Relation(this.#policies, other.peer, isOwnNode, distinct);
      this.#bySignature.set(key, relation);
    }
    return relation;
  }

  #match(other: End, sameNode: boolean, address: Uint8Array | null): MatchedPolicies {
    const { direction, admin, isolation, baseline, selfOnHost } = this.#policies;
    const { peer } = other;
    return {
      admin: matchTier(admin, direction, peer, address, this.#nodes),
      isolation: isolation === null ? [] : matchIsolation(isolation, direction, peer, address, selfOnHost || sameNode),
      baseline: isolation === null ? matchTier(baseline, direction, peer, address, this.#nodes) : [],
    };
  }
}
