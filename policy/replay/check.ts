import type { Edge } from '../../core/edge.ts';
import type { ClusterSnapshot, Policy } from '../../core/kubernetes.ts';
import { edgeInScope, entityInScope, type Scope } from '../../core/scope.ts';
import type { UnixMs } from '../../core/time.ts';
import { type OverPermission, overPermissionOf } from './over-permission.ts';
import { overlay, refOf } from '../evaluate/policy-key.ts';
import { Reachability, reachEnds } from '../reach/reach.ts';
import { PolicySet } from '../evaluate/evaluate.ts';
import { replayOver, type ReplayResult, usesOf } from './replay.ts';
import { Roster } from '../evaluate/roster.ts';
import type { RuleId, RuleUses } from './rule-uses.ts';

export interface CheckInput {
  readonly cluster: ClusterSnapshot;
  /** What stays applied. */
  readonly applied: readonly Policy[];
  /** They stand in place of what is applied under their names. */
  readonly candidates: readonly Policy[];
  readonly edges: readonly Edge[];
  readonly scope: Scope;
}

/** A rule of a policy. */
export interface PolicyRule extends RuleId {
  readonly of: Policy;
  /** When an edge last matched it; null when none did. */
  readonly lastUse: UnixMs | null;
}

export interface Checked {
  readonly replay: ReplayResult;
  /** Rules of the candidates that no replayed edge matches. */
  readonly unused: readonly PolicyRule[];
  /** Null where there are too many pairs of workloads to look at each. */
  readonly overPermission: OverPermission | null;
}

/** So many pairs take some seconds. */
const maxPairs = 4_000_000;
const maxWidest = 200;

/** Every rule of policies with its last use. */
export function rulesOf(policies: readonly Policy[], uses: RuleUses): PolicyRule[] {
  return policies.flatMap((of) =>
    (['ingress', 'egress'] as const).flatMap((direction) =>
      Array.from({ length: of.spec[direction]?.length ?? 0 }, (_, index): PolicyRule => {
        const rule = { policy: refOf(of), direction, index };
        return { ...rule, of, lastUse: uses.lastUse(rule) };
      }),
    ),
  );
}

/**
 * Replays what was recorded in a scope under candidates together with what is applied, and tells what they allow beyond.
 *
 * @throws WeirError ADDRESS_INVALID for an ipBlock that holds no CIDR
 */
export function check({ cluster, applied, candidates, edges, scope }: CheckInput): Checked {
  const within = edges.filter((edge) => edgeInScope(scope, edge));
  const inForce = overlay(applied, candidates);
  const [roster, policies] = [new Roster(cluster), new PolicySet(inForce, cluster.nodes)];
  const uses = usesOf(roster, candidates, within);
  const unused = rulesOf(candidates, uses).filter(({ lastUse }) => lastUse === null);
  const ends = reachEnds(roster, policies, []).filter(({ entity }) => entity !== null);
  const inScope = new Set(ends.filter(({ entity }) => entity !== null && entityInScope(scope, entity)));
  const tooMany = ends.length * inScope.size > maxPairs;
  const pairs = new Reachability(policies).pairs(ends, (from, to) => inScope.has(from) || inScope.has(to));
  return {
    replay: replayOver(roster, policies, within),
    unused,
    overPermission: tooMany ? null : overPermissionOf(pairs, within, maxWidest),
  };
}
