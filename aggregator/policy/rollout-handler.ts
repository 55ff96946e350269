import type { Policy } from '../../core/kubernetes.ts';
import { edgeInScope, entityInScope, type Scope } from '../../core/scope.ts';
import { canonicalYaml } from '../../policy/print/canonical.ts';
import { overlay, policyKey, refOf } from '../../policy/evaluate/policy-key.ts';
import { rollbackFiles } from '../../policy/rollout/rollback.ts';
import { planRollout, type RolloutStep } from '../../policy/rollout/rollout.ts';
import { Roster } from '../../policy/evaluate/roster.ts';
import { selectionOf } from '../../policy/evaluate/selection.ts';
import { encodeCoverage } from '../../proto/convert-coverage.ts';
import type { PolicyHandlers } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import { readRange, readScope } from '../query/question.ts';
import { readCandidates } from './candidates.ts';
import { completenessIn } from './completeness.ts';
import { encodeFinding } from '../../proto/convert-check.ts';
import { encodePolicyRef } from '../../proto/convert-rule.ts';
import { policiesOf, type PolicyParts, seenDuring } from './parts.ts';

function encodeStep({ type, policy, temporary, cuts, reason }: RolloutStep): wire.RolloutStep {
  return {
    action: type,
    policy: encodePolicyRef(policy),
    yaml: canonicalYaml(policy),
    reason,
    temporary,
    cuts: cuts.map(encodeFinding),
  };
}

/** Whether a policy that no manifest holds is to go: it selects nothing outside of the scope. */
function isPruned(policy: Policy, scope: Scope, roster: Roster): boolean {
  const { namespace, selects } = selectionOf(policy);
  // What stands for the whole cluster is no namespace's to delete.
  if (scope.namespace === null && scope.workload === null) return true;
  if (namespace === null) return false;
  if (scope.workload === null) return namespace === scope.namespace;
  const selected = roster.workloads.filter(({ ref }) => (roster.podsOf(ref) ?? []).some(selects));
  return selected.length > 0 && selected.every(({ ref }) => entityInScope(scope, { type: 'workload', ...ref }));
}

/** Finds an order in which policies can be applied without cutting live traffic, and the way back. */
export function rolloutHandler({ state, history }: PolicyParts): PolicyHandlers['planRollout'] {
  return async (request) => {
    const scope = readScope(request.scope);
    const { edges, coverage } = await seenDuring(history, request.range);
    state.checkRecorded(scope, history);
    const candidates = readCandidates(request.manifests);
    const { snapshot } = state;
    const applied = policiesOf(snapshot);
    const roster = new Roster(snapshot);
    const named = new Set(candidates.policies.map((policy) => policyKey(refOf(policy))));
    const stays = (policy: Policy) =>
      !request.prune || named.has(policyKey(refOf(policy))) || !isPruned(policy, scope, roster);
    const target = overlay(applied.filter(stays), candidates.policies);
    const within = edges.filter((edge) => edgeInScope(scope, edge));
    const { steps, cuts } = planRollout({ cluster: snapshot, applied, target, edges: within });
    return {
      steps: steps.map(encodeStep),
      rollback: rollbackFiles(steps),
      cuts: cuts.map(encodeFinding),
      problems: candidates.problems,
      coverage: encodeCoverage(coverage),
      completeness: completenessIn(state, { coverage, edges, range: readRange(request.range), scope }, null),
    };
  };
}
