import { check } from '../../policy/replay/check.ts';
import { encodeCoverage } from '../../proto/convert-coverage.ts';
import type { PolicyHandlers } from '../../proto/services.ts';
import { readRange, readScope } from '../query/question.ts';
import { noCandidates, readCandidates } from './candidates.ts';
import { completenessIn } from './completeness.ts';
import { encodeChecked } from '../../proto/convert-check.ts';
import { policiesOf, type PolicyParts, seenDuring } from './parts.ts';

/** Replays what was recorded against candidates. */
export function checkHandler({ state, history }: PolicyParts): PolicyHandlers['check'] {
  return async (request) => {
    const scope = readScope(request.scope);
    const { edges, coverage } = await seenDuring(history, request.range);
    state.checkRecorded(scope, history);
    // Without any, what is applied is checked.
    const candidates = request.manifests.length === 0 ? noCandidates : readCandidates(request.manifests);
    const { snapshot } = state;
    const applied = request.candidatesOnly ? [] : policiesOf(snapshot);
    const checked = check({ cluster: snapshot, applied, candidates: candidates.policies, edges, scope });
    return {
      replay: encodeChecked(checked, candidates.linesOf),
      coverage: encodeCoverage(coverage),
      problems: candidates.problems,
      completeness: completenessIn(state, { coverage, range: readRange(request.range), scope }),
    };
  };
}
