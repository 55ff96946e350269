import type { Edge } from '../core/edge.ts';
import type { Policy } from '../core/kubernetes.ts';
import { parseManifests, snapshotOf } from '../core/manifest.ts';
import { check } from '../policy/replay/check.ts';
import { encodeChecked, type LinesOf } from '../proto/convert-check.ts';
import type * as wire from '../proto/wire.ts';
import { readFlows } from './flow-file.ts';
import { readManifestSet } from './manifest-set.ts';
import { flowProblems, type OfflineSources, unknownCoverage } from './offline.ts';

export interface OfflineCheck extends OfflineSources {
  readonly candidates: readonly wire.Manifest[];
  readonly candidatesOnly: boolean;
  readonly scope: wire.Scope;
}

/** A check without an aggregator, from files alone. @throws WeirError MANIFEST_INVALID, QUERY_INVALID */
export async function checkOffline(asked: OfflineCheck): Promise<wire.CheckResponse> {
  const [set, flows] = [await readManifestSet(asked.manifests), await readFlows(asked.flows)];
  const read = asked.candidates.map(({ source, text }) => parseManifests(text, source, true));
  const objects = read.flatMap((each) => each.objects);
  const { networkPolicies, clusterPolicies } = snapshotOf(objects.map(({ object }) => object));
  const candidates: readonly Policy[] = [...networkPolicies, ...clusterPolicies];
  const linesOf: LinesOf = (policy, path) => {
    const { lineOf, lastLineOf } = objects.find(({ object }) => object === policy) ?? {};
    return lineOf && lastLineOf ? { first: lineOf(path), last: lastLineOf(path) } : null;
  };
  const edges: readonly Edge[] = flows.edges;
  const { namespace, workload } = asked.scope;
  const scope = { namespace: namespace || null, workload };
  const applied = asked.candidatesOnly ? [] : set.policies;
  const checked = check({ cluster: set.cluster, applied, candidates, edges, scope });
  return {
    replay: encodeChecked(checked, linesOf),
    coverage: null,
    problems: [...set.problems, ...read.flatMap(({ problems }) => problems), ...flowProblems(asked.flows, flows)],
    completeness: { complete: false, reasons: [unknownCoverage] },
  };
}
