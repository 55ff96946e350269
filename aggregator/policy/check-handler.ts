import { WeirError } from '../../core/errors.ts';
import type { Policy } from '../../core/kubernetes.ts';
import { sees, type Sight } from '../../core/sight.ts';
import { check } from '../../policy/replay/check.ts';
import { encodeCoverage } from '../../proto/convert-coverage.ts';
import type { PolicyHandlers } from '../../proto/services.ts';
import { seenSnapshot } from '../access/seen-snapshot.ts';
import { readRange, readScope } from '../query/question.ts';
import { noCandidates, readCandidates } from './candidates.ts';
import { completenessIn } from './completeness.ts';
import { encodeChecked } from '../../proto/convert-check.ts';
import { policiesOf, type PolicyParts, seenDuring } from './parts.ts';

/** @throws WeirError FORBIDDEN for a policy of the cluster, or of a namespace that may not be seen */
function checkInSight(candidates: readonly Policy[], sight: Sight): void {
  if (sight === null) return;
  const other = candidates.find(({ metadata: { namespace } }) => namespace === '' || !sees(sight, namespace));
  if (other === undefined) return;
  const where = other.metadata.namespace === '' ? 'is for the whole cluster' : `is in ${other.metadata.namespace}`;
  const what = `${other.kind} ${other.metadata.name} ${where}; leave it out, or ask with the right to list flows there`;
  throw new WeirError('FORBIDDEN', what);
}

/** Replays what was recorded against candidates. */
export function checkHandler({ state, history }: PolicyParts): PolicyHandlers['check'] {
  return async (request, sight) => {
    const scope = readScope(request.scope);
    const { edges, coverage } = await seenDuring(history, request.range, sight);
    state.checkRecorded(scope, history, sight);
    // Without any, what is applied is checked.
    const candidates = request.manifests.length === 0 ? noCandidates : readCandidates(request.manifests);
    checkInSight(candidates.policies, sight);
    const snapshot = seenSnapshot(state.snapshot, sight);
    const applied = request.candidatesOnly ? [] : policiesOf(snapshot);
    const checked = check({ cluster: snapshot, applied, candidates: candidates.policies, edges, scope });
    return {
      replay: encodeChecked(checked, candidates.linesOf),
      coverage: encodeCoverage(coverage),
      problems: candidates.problems,
      completeness: completenessIn(state, { coverage, edges, range: readRange(request.range), scope }, sight),
    };
  };
}
