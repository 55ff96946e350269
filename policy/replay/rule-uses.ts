import type { Edge, EdgeId } from '../../core/edge.ts';
import type { Direction, Protocol } from '../../core/flow.ts';
import { protocols } from '../../core/flow.ts';
import type { UnixMs } from '../../core/time.ts';
import type { PolicyRef } from '../evaluate/because.ts';
import { policyKey } from '../evaluate/policy-key.ts';
import { isIcmp, searchPorts } from '../evaluate/port.ts';
import { flat, type Relation } from '../evaluate/relation.ts';
import type { MatchedRule } from '../evaluate/tier.ts';

/** A rule by its place in a policy. */
export interface RuleId {
  readonly policy: PolicyRef;
  readonly direction: Direction;
  /** From 0. */
  readonly index: number;
}

function covers({ ports, coversIcmp }: MatchedRule, protocol: Protocol, port: number, { server }: Relation): boolean {
  if (isIcmp(protocol)) return ports === null && coversIcmp;
  return searchPorts(ports, protocol, port, server) !== -1;
}

/** The rules of a relation that match on a port, whichever of them decides. */
function matching(relation: Relation, protocol: Protocol, port: number): readonly MatchedRule[] {
  const rules = relation.matched.flatMap(({ admin, isolation, baseline }) => [
    ...flat(admin),
    ...isolation.rules,
    ...flat(baseline),
  ]);
  return rules.filter((rule) => covers(rule, protocol, port, relation));
}

/** Notes which rules edges match, and when they last did. A rule that another one hides is used too. */
export class RuleUses {
  readonly #byPolicy = new Map<string, Readonly<Record<Direction, (UnixMs | undefined)[]>>>();
  readonly #byRef = new WeakMap<PolicyRef, Readonly<Record<Direction, (UnixMs | undefined)[]>>>();
  readonly #matching = new WeakMap<Relation, Map<number, readonly MatchedRule[]>>();

  note(relation: Relation, edge: Edge): void {
    const lastSeen = edge.merged.lastSeenUnixMs;
    for (const { policy, rule } of this.#rulesOf(relation, edge)) {
      const uses = this.#usesOf(policy)[relation.direction];
      if ((uses[rule] ?? -1) < lastSeen) uses[rule] = lastSeen;
    }
  }

  /** When an edge last matched the rule; null when none did. */
  lastUse({ policy, direction, index }: RuleId): UnixMs | null {
    return this.#byPolicy.get(policyKey(policy))?.[direction][index] ?? null;
  }

  #rulesOf(relation: Relation, { protocol, port }: EdgeId): readonly MatchedRule[] {
    let byPort = this.#matching.get(relation);
    if (byPort === undefined) {
      byPort = new Map();
      this.#matching.set(relation, byPort);
    }
    const key = protocols.indexOf(protocol) * 65536 + port;
    let rules = byPort.get(key);
    if (rules === undefined) {
      rules = matching(relation, protocol, port);
      byPort.set(key, rules);
    }
    return rules;
  }

  #usesOf(policy: PolicyRef): Readonly<Record<Direction, (UnixMs | undefined)[]>> {
    let uses = this.#byRef.get(policy);
    if (uses === undefined) {
      uses = this.#byPolicy.get(policyKey(policy)) ?? { ingress: [], egress: [] };
      this.#byPolicy.set(policyKey(policy), uses);
      this.#byRef.set(policy, uses);
    }
    return uses;
  }
}
