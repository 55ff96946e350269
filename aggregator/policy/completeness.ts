import type { Coverage } from '../../core/coverage.ts';
import type { Scope } from '../../core/scope.ts';
import type { Window } from '../../core/time.ts';
import { type Completeness, completenessOf } from '../../policy/replay/completeness.ts';
import { otherPoliciesRemark } from '../query/other-policies.ts';
import type { ClusterState } from '../query/cluster-state.ts';

/** What a proof rests on. */
export interface Ground {
  readonly coverage: Coverage;
  readonly range: Window | null;
  readonly scope: Scope;
}

/** A source names an object that it could not read by its kind. */
const isPolicy = /\b(NetworkPolicy|AdminNetworkPolicy|BaselineAdminNetworkPolicy|ClusterNetworkPolicy)\b/;

/**
 * Whether observations can stand for all there is, and what is applied for all that is in force: a policy that could not
 * be read, or is of a kind that Weir does not evaluate, decides too.
 */
export function completenessIn({ snapshot, source }: ClusterState, ground: Ground): Completeness {
  const { reasons } = completenessOf({ ...ground, controllers: snapshot.controllers });
  const unread = source.problems().filter((problem) => isPolicy.test(problem));
  const all = [
    ...reasons,
    ...unread.map((problem) => `a policy that is applied could not be read, so it is left out of account: ${problem}`),
    ...otherPoliciesRemark(snapshot.otherPolicies),
  ];
  return { complete: all.length === 0, reasons: all };
}
