import type { Scope } from '../../core/scope.ts';
import type { Sight } from '../../core/sight.ts';
import { encodeCoverage, encodeNodeCoverage } from '../../proto/convert-coverage.ts';
import type * as wire from '../../proto/wire.ts';
import { seenIds } from '../access/seen-edges.ts';
import type { Identity } from '../identity/identity.ts';
import type { Agents } from '../ingest/agents.ts';
import type { Graphs } from './asked.ts';
import { identityRemarks } from './identity-remarks.ts';
import { otherPoliciesRemark } from './other-policies.ts';
import { countUnresolved } from './unresolved.ts';

export interface StatusParts extends Graphs {
  readonly cluster: string;
  readonly agents: Agents;
  readonly identity: Identity;
}

/** What an agent says of its node as a whole tells of pods of others, too. */
function withoutOthers(status: wire.AgentStatus): wire.AgentStatus {
  return {
    ...status,
    interfacesAttached: 0,
    podsResolved: 0,
    unresolvedInterfaces: [],
    resolvedByMeans: {},
    unresolvedByReason: {},
    batchesPending: 0,
  };
}

/**
 * What is watched of a cluster, or of what concerns one namespace, as somebody may see it.
 * @param namespace empty for all. @throws WeirError NAMESPACE_UNKNOWN
 */
export function clusterStatus(
  { cluster, state, history, agents, identity }: StatusParts,
  namespace: string,
  sight: Sight,
): wire.ClusterStatus {
  const scope: Scope = { namespace: namespace || null, workload: null };
  state.checkRecorded(scope, history, sight);
  const { source } = state;
  const workloads = state.workloads.filter(({ ref }) => namespace === '' || ref.namespace === namespace);
  const pods = workloads.flatMap((workload) => workload.pods);
  const nodes = namespace === '' ? null : new Set(pods.map(({ spec }) => spec.nodeName));
  const concerns = (node: string) => nodes === null || nodes.has(node);
  const coverage = encodeCoverage(history.coverage);
  const ends = seenIds(history.ends(scope), sight);
  return {
    name: cluster,
    source: source.description,
    agents: agents
      .states()
      .filter(({ node }) => concerns(node))
      .map((agent) => ({
        ...agent,
        status: sight === null || agent.status === null ? agent.status : withoutOthers(agent.status),
        coverage: encodeNodeCoverage(history.nodeCoverage(agent.node)),
      })),
    workloads: workloads.length,
    pods: pods.length,
    edges: namespace === '' ? history.edgeCount : ends.length,
    coverage: { ...coverage, nodesWithoutAgent: coverage.nodesWithoutAgent.filter(concerns) },
    // They name objects wherever they are.
    problems:
      sight === null
        ? [
            ...source.problems(),
            ...identityRemarks(identity.problems()),
            ...otherPoliciesRemark(state.snapshot.otherPolicies),
          ]
        : [],
    unresolved: countUnresolved(ends),
  };
}
