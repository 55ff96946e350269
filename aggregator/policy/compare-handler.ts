import { WeirError } from '../../core/errors.ts';
import { Comparison, type PairChange } from '../../policy/reach/compare.ts';
import { overlay } from '../../policy/evaluate/policy-key.ts';
import type { ReachEnd } from '../../policy/reach/reach.ts';
import { Roster } from '../../policy/evaluate/roster.ts';
import { textDiff } from '../../policy/print/text-diff.ts';
import { encodeEntity } from '../../proto/convert-edge.ts';
import { wireProtocol } from '../../proto/names.ts';
import type { PolicyHandlers } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import { readScope } from '../query/question.ts';
import { readCandidates } from './candidates.ts';
import { policiesOf, type PolicyParts } from './parts.ts';

const maxChanges = 5000;
/** So many pairs take some seconds. */
const maxPairs = 4_000_000;

/** A block of addresses stands as what is outside. */
function encodeEnd({ entity, name }: ReachEnd): wire.Entity {
  return entity === null ? { entity: 'external', external: name, alias: null } : encodeEntity(entity);
}

function encodeChange({ client, server, protocol, first, last, before, after }: PairChange): wire.ReachChange {
  const ends = { client: encodeEnd(client), server: encodeEnd(server) };
  const span = { ...ends, protocol: wireProtocol[protocol], firstPort: first, lastPort: last, clients: 0 };
  return { span, before, after };
}

/** Tells what two sets of policies decide differently, and how their texts differ. */
export function compareHandler({ state, history }: PolicyParts): PolicyHandlers['compare'] {
  return (request) => {
    const scope = readScope(request.scope);
    state.checkRecorded(scope, history);
    const given = request.before.length === 0 ? null : readCandidates(request.before);
    const added = readCandidates(request.after);
    const { snapshot } = state;
    const before = given?.policies ?? policiesOf(snapshot);
    const after = request.afterOnly ? added.policies : overlay(before, added.policies);
    const comparison = new Comparison(new Roster(snapshot), before, after);
    if (comparison.pairsIn(scope) > maxPairs) {
      throw new WeirError('QUERY_INVALID', 'too many workloads to compare every pair; name a namespace or a workload');
    }
    const changes: wire.ReachChange[] = [];
    let totalChanges = 0;
    for (const change of comparison.changes(scope)) {
      if (totalChanges++ < maxChanges) changes.push(encodeChange(change));
    }
    const problems = [...(given?.problems ?? []), ...added.problems];
    return { changes, totalChanges, textDiff: textDiff(before, after), problems };
  };
}
