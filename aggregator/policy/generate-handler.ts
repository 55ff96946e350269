import type { Edge } from '../../core/edge.ts';
import { type Entity, type WorkloadRef, workloadKey } from '../../core/identity.ts';
import { edgeInScope, type Scope } from '../../core/scope.ts';
import { generate } from '../../policy/generate/generate.ts';
import { clusterBlocks } from '../../policy/explain/in-cluster.ts';
import { replay } from '../../policy/replay/replay.ts';
import { namesServiceAddresses } from '../../policy/generate/service-rules.ts';
import { encodeCoverage } from '../../proto/convert-coverage.ts';
import type { PolicyHandlers } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import type { Agents } from '../ingest/agents.ts';
import { checkCluster, readRange, readScope } from '../query/question.ts';
import { encodeReplay } from '../../proto/convert-check.ts';
import { completenessIn } from './completeness.ts';
import { encodeExcluded } from './encode.ts';
import { writePolicies } from './encode-generated.ts';
import { readDialect, readDirections, readGenerateOptions } from './generate-request.ts';
import { type PolicyParts, seenDuring } from './parts.ts';
import { workloadsBehind } from './service-workloads.ts';

/** Network plugins that agents recognised on their nodes. */
function pluginsOf(agents: Agents): string[] {
  return agents.states().flatMap(({ status }) => (status?.cnis ?? []).map(({ name }) => name));
}

/** Edges with an end that gets a policy. */
function edgesWithin(edges: readonly Edge[], scope: Scope, only: readonly WorkloadRef[] | null): readonly Edge[] {
  const within = edges.filter((edge) => edgeInScope(scope, edge));
  if (only === null) return within;
  const keys = new Set(only.map(workloadKey));
  const isMeant = (end: Entity) => end.type === 'workload' && keys.has(workloadKey(end));
  return within.filter(({ client, server }) => isMeant(client) || isMeant(server));
}

/** Makes policies from what was seen. */
export function generateHandler(parts: PolicyParts): PolicyHandlers['generate'] {
  const { cluster, state, history, agents, identity, settings } = parts;
  return async (request: wire.GenerateRequest) => {
    checkCluster(request.cluster, cluster);
    const scope = readScope(request.service === null ? request.scope : null);
    const only = request.service === null ? null : workloadsBehind(request.service, identity);
    const { workloadLabels, namespaceLabels, serviceRules } = await settings.current();
    const serviceAddresses = namesServiceAddresses(serviceRules, pluginsOf(agents));
    const options = { ...readGenerateOptions(request), workloadLabels, namespaceLabels, serviceAddresses };
    const dialect = readDialect(request);
    const { edges, coverage } = await seenDuring(history, request.range);
    const { snapshot } = state;
    const directions = readDirections(request);
    const made = generate({ cluster: snapshot, edges, scope, directions, options, ...(only && { only }) });
    const policies = made.policies.map(({ policy }) => policy);
    const applied = [...policies, ...snapshot.clusterPolicies];
    const context = { isInCluster: clusterBlocks(snapshot) };
    return {
      ...writePolicies(made.policies, { dialect, comments: request.comments, context }),
      excluded: made.excluded.map(encodeExcluded),
      coverage: encodeCoverage(coverage),
      replay: encodeReplay(replay({ cluster: snapshot, policies: applied, edges: edgesWithin(edges, scope, only) })),
      skipped: made.skipped,
      completeness: completenessIn(state, { coverage, range: readRange(request.range), scope }),
      notes: made.notes,
    };
  };
}
