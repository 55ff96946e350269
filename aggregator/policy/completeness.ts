import type { Coverage } from '../../core/coverage.ts';
import type { Edge } from '../../core/edge.ts';
import { edgeInScope, type Scope } from '../../core/scope.ts';
import { isHidden, type Sight } from '../../core/sight.ts';
import type { Window } from '../../core/time.ts';
import { type Completeness, completenessOf } from '../../policy/replay/completeness.ts';
import { seenSnapshot } from '../access/seen-snapshot.ts';
import { otherPoliciesRemark } from '../query/other-policies.ts';
import type { ClusterState } from '../query/cluster-state.ts';

/** What a proof rests on. */
export interface Ground {
  readonly coverage: Coverage;
  readonly range: Window | null;
  readonly scope: Scope;
  /** As whoever asks may see them. */
  readonly edges: readonly Edge[];
}

const hiddenEnds =
  'some traffic is with namespaces that are hidden from whoever asked: rules for it let every namespace through, and ' +
  'what their policies say is left out of account; whoever may see the whole cluster can make them narrower';

/** A source names an object that it could not read by its kind. */
const isPolicy = /\b(NetworkPolicy|AdminNetworkPolicy|BaselineAdminNetworkPolicy|ClusterNetworkPolicy)\b/;

/**
 * Whether observations can stand for all there is, and what is applied for all that is in force: a policy that could not
 * be read, or is of a kind that Weir does not evaluate, decides too.
 */
export function completenessIn({ snapshot: whole, source }: ClusterState, ground: Ground, sight: Sight): Completeness {
  const snapshot = seenSnapshot(whole, sight);
  const { reasons } = completenessOf({ ...ground, controllers: snapshot.controllers });
  const isPartly = ground.edges.some(
    (edge) => edgeInScope(ground.scope, edge) && (isHidden(edge.client) || isHidden(edge.server)),
  );
  const unread = source.problems().filter((problem) => isPolicy.test(problem));
  const all = [
    ...reasons,
    ...(sight === null ? unread : unread.slice(0, 1).map(() => 'who may see the whole cluster is told which')).map(
      (problem) => `a policy that is applied could not be read, so it is left out of account: ${problem}`,
    ),
    ...(isPartly ? [hiddenEnds] : []),
    ...otherPoliciesRemark(snapshot.otherPolicies),
  ];
  return { complete: all.length === 0, reasons: all };
}
