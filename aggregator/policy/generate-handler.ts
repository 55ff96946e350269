import { generateReplayed } from '../../policy/replay/generate-replayed.ts';
import { clusterBlocks } from '../../policy/explain/in-cluster.ts';
import { namesServiceAddresses } from '../../policy/generate/service-rules.ts';
import type { Sight } from '../../core/sight.ts';
import { encodeCoverage } from '../../proto/convert-coverage.ts';
import { encodeGenerated } from '../../proto/convert-generate.ts';
import { readDialect, readDirections, readGenerateOptions } from '../../proto/read-generate.ts';
import type { PolicyHandlers } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import { seenSnapshot } from '../access/seen-snapshot.ts';
import type { Agents } from '../ingest/agents.ts';
import { readRange, readScope } from '../query/question.ts';
import { completenessIn } from './completeness.ts';
import { type PolicyParts, seenDuring } from './parts.ts';
import { workloadsBehind } from './service-workloads.ts';

/** Network plugins that agents recognised on their nodes. */
function pluginsOf(agents: Agents): string[] {
  return agents.states().flatMap(({ status }) => (status?.cnis ?? []).map(({ name }) => name));
}

/** Makes policies from what was seen. */
export function generateHandler(parts: PolicyParts): PolicyHandlers['generate'] {
  const { state, history, agents, identity, settings } = parts;
  return async (request: wire.GenerateRequest, sight: Sight) => {
    const scope = readScope(request.service === null ? request.scope : null);
    const only = request.service === null ? null : workloadsBehind(request.service, identity);
    const { workloadLabels, namespaceLabels, serviceRules } = await settings.current();
    const serviceAddresses = namesServiceAddresses(serviceRules, pluginsOf(agents));
    const options = { ...readGenerateOptions(request), workloadLabels, namespaceLabels, serviceAddresses };
    const dialect = readDialect(request);
    const { edges, coverage } = await seenDuring(history, request.range, sight);
    const snapshot = seenSnapshot(state.snapshot, sight);
    const directions = readDirections(request);
    const generated = generateReplayed({
      cluster: snapshot,
      edges,
      scope,
      directions,
      options,
      ...(only && { only }),
    });
    const context = { isInCluster: clusterBlocks(snapshot) };
    return {
      ...encodeGenerated(generated, { dialect, comments: request.comments, context }),
      coverage: encodeCoverage(coverage),
      completeness: completenessIn(state, { coverage, edges, range: readRange(request.range), scope }, sight),
    };
  };
}
