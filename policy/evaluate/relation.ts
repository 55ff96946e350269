import { type Direction, type Protocol, protocols } from '../../core/flow.ts';
import type { Assumption, Because, PolicyRef } from './because.ts';
import { type Endings, followedBy } from './endings.ts';
import type { Isolation, MatchedRules } from './isolation.ts';
import { endingsOfIsolation } from './isolation-endings.ts';
import { certain } from './match.ts';
import { portStarts } from './port.ts';
import type { Peer } from './query.ts';
import type { SideDecision } from './side.ts';
import { type ClusterTier, endingsOfTier, type MatchedRule, type MatchedTier, type PortQuery } from './tier.ts';

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
  readonly isolation: MatchedRules;
  readonly baseline: MatchedTier;
}

const openDefault: Readonly<Record<Direction, Endings>> = {
  ingress: endingOf({ type: 'not-isolated', direction: 'ingress' }),
  egress: endingOf({ type: 'not-isolated', direction: 'egress' }),
};
/** The answer where no policy bears on an end. */
export const notIsolated: Readonly<Record<Direction, SideDecision>> = {
  ingress: { decision: 'allowed', because: { type: 'not-isolated', direction: 'ingress' } },
  egress: { decision: 'allowed', because: { type: 'not-isolated', direction: 'egress' } },
};
const ownNode = endingOf({ type: 'own-node' });

function endingOf(because: Because): Endings {
  return { allow: { because, strength: certain }, deny: null, pass: false, silent: false, assumption: null };
}

/** All rules of a tier, in order. */
export function flat(tier: MatchedTier): readonly MatchedRule[] {
  return tier.flat(3);
}

/** How many answers a relation keeps. */
const maxAnswers = 1024;

/** How the policies of one end stand to a far end, on whatever port. */
export class Relation {
  readonly #policies: Policies;
  readonly #other: Peer;
  readonly #isOwnNode: boolean;
  #answers: Map<number, SideDecision> | null = null;
  /** One for each address that the far end may be using and that makes a difference. */
  readonly matched: readonly MatchedPolicies[];

  constructor(policies: Policies, other: Peer, isOwnNode: boolean, matched: readonly MatchedPolicies[]) {
    this.#policies = policies;
    this.#other = other;
    this.#isOwnNode = isOwnNode;
    this.matched = matched;
  }

  /** The first ports of all ranges within which every port is decided alike; without the lowest port. */
  portStarts(): readonly number[] {
    const rules = this.matched.flatMap(({ admin, isolation, baseline }) => [
      ...flat(admin),
      ...isolation.rules,
      ...flat(baseline),
    ]);
    return portStarts(
      rules.flatMap(({ ports }) => ports ?? []),
      this.server,
    );
  }

  get direction(): Direction {
    return this.#policies.direction;
  }

  get server(): Peer {
    return this.#policies.direction === 'ingress' ? this.#policies.self : this.#other;
  }

  decide(protocol: Protocol, port: number): SideDecision {
    const key = protocols.indexOf(protocol) * 65536 + port;
    let answer = this.#answers?.get(key);
    if (answer === undefined) {
      answer = this.#decide({ direction: this.#policies.direction, protocol, port, server: this.server });
      this.#answers ??= new Map();
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

  #belowAdmin({ rules }: MatchedRules, baseline: MatchedTier, query: PortQuery): Endings {
    const { isolation, selfOnHost, direction } = this.#policies;
    if (isolation === null) return followedBy(endingsOfTier(baseline, query), openDefault[direction]);
    if (this.#isOwnNode) return ownNode;
    return endingsOfIsolation(isolation.refs, rules, query, { other: this.#other, selfOnHost });
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
