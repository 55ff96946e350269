import { edgeInScope } from '../../core/scope.ts';
import { replay } from '../../policy/replay.ts';
import { encodeCoverage } from '../../proto/convert-coverage.ts';
import type { PolicyHandlers } from '../../proto/services.ts';
import { checkCluster, readScope } from '../query/question.ts';
import { overlay, readCandidates } from './candidates.ts';
import { encodeReplay } from './encode.ts';
import { policiesOf, type PolicyParts, seenDuring } from './parts.ts';

/** Replays what was recorded against candidates. */
export function checkHandler({ cluster, state, history }: PolicyParts): PolicyHandlers['check'] {
  return async (request) => {
    checkCluster(request.cluster, cluster);
    const scope = readScope(request.scope);
    const { edges, coverage } = await seenDuring(history, request.range);
    state.check(scope, edges);
    const { policies: candidates, problems } = readCandidates(request.manifests);
    const { snapshot } = state;
    const applied = request.candidatesOnly ? [] : policiesOf(snapshot);
    const within = edges.filter((edge) => edgeInScope(scope, edge));
    const result = replay({ cluster: snapshot, policies: overlay(applied, candidates), edges: within });
    return { replay: encodeReplay(result), coverage: encodeCoverage(coverage), problems, completeness: null };
  };
}
