import type { Direction } from '../../core/flow.ts';
import { edgeInScope } from '../../core/scope.ts';
import { generate } from '../../policy/generate.ts';
import { printPolicies } from '../../policy/print.ts';
import { replay } from '../../policy/replay.ts';
import { encodeCoverage } from '../../proto/convert-coverage.ts';
import type { PolicyHandlers } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import { checkCluster, readScope } from '../query/question.ts';
import { encodeExcluded, encodeGenerated, encodeReplay } from './encode.ts';
import { type PolicyParts, seenDuring } from './parts.ts';

/** Makes policies from what was seen. */
export function generateHandler({ cluster, state, history }: PolicyParts): PolicyHandlers['generate'] {
  return async (request) => {
    checkCluster(request.cluster, cluster);
    const scope = readScope(request.scope);
    const { edges, coverage } = await seenDuring(history, request.range);
    const { snapshot } = state;
    const made = generate({ cluster: snapshot, edges, scope, directions: directionsOf(request) });
    const policies = made.policies.map(({ policy }) => policy);
    const within = edges.filter((edge) => edgeInScope(scope, edge));
    return {
      policies: made.policies.map(encodeGenerated),
      yaml: printPolicies(policies),
      excluded: made.excluded.map(encodeExcluded),
      coverage: encodeCoverage(coverage),
      replay: encodeReplay(
        replay({ cluster: snapshot, policies: [...policies, ...snapshot.clusterPolicies], edges: within }),
      ),
      skipped: made.skipped,
      files: [],
      losses: [],
      completeness: null,
    };
  };
}

function directionsOf({ ingress, egress }: wire.GenerateRequest): readonly Direction[] {
  if (ingress === egress) return ['ingress', 'egress'];
  return [ingress ? 'ingress' : 'egress'];
}
