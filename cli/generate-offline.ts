import type { Edge } from '../core/edge.ts';
import { WeirError } from '../core/errors.ts';
import type { ManifestProblem } from '../core/manifest.ts';
import { generateReplayed } from '../policy/replay/generate-replayed.ts';
import { clusterBlocks } from '../policy/explain/in-cluster.ts';
import { encodeGenerated } from '../proto/convert-generate.ts';
import { readDialect, readDirections, readGenerateOptions } from '../proto/read-generate.ts';
import type * as wire from '../proto/wire.ts';
import { readFlows } from './flow-file.ts';
import { readManifestSet } from './manifest-set.ts';
import { flowProblems, type OfflineSources, unknownCoverage } from './offline.ts';

/** Policies, and what could not be read and is left out of account. */
export interface OfflinePolicies {
  readonly answer: wire.GenerateResponse;
  readonly problems: readonly ManifestProblem[];
}

/**
 * Makes policies without an aggregator, from files alone, with the settings that a cluster has at first.
 * @throws WeirError MANIFEST_INVALID, QUERY_INVALID, USAGE, NAMESPACE_UNKNOWN, WORKLOAD_UNKNOWN
 */
export async function generateOffline(
  { manifests, flows: file }: OfflineSources,
  request: wire.GenerateRequest,
): Promise<OfflinePolicies> {
  if (request.service !== null) throw new WeirError('USAGE', '--service needs an aggregator; name its workloads');
  if (request.range !== null) throw new WeirError('USAGE', '--since needs an aggregator; give it to weir flows');
  const [set, flows] = [await readManifestSet(manifests), await readFlows(file)];
  const { namespace = '', workload = null } = request.scope ?? {};
  const edges: readonly Edge[] = flows.edges;
  const generated = generateReplayed({
    cluster: set.cluster,
    edges,
    scope: { namespace: namespace || null, workload },
    directions: readDirections(request),
    options: readGenerateOptions(request),
  });
  const context = { isInCluster: clusterBlocks(set.cluster) };
  const writing = { dialect: readDialect(request), comments: request.comments, context };
  const completeness = { complete: false, reasons: [unknownCoverage] };
  return {
    answer: { ...encodeGenerated(generated, writing), coverage: null, completeness },
    problems: [...set.problems, ...flowProblems(file, flows)],
  };
}
