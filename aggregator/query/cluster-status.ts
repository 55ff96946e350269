import type { Scope } from '../../core/scope.ts';
import type { Sight } from '../../core/sight.ts';
import { encodeCoverage, encodeNodeCoverage } from '../../proto/convert-coverage.ts';
import type * as wire from '../../proto/wire.ts';
import { seenIds } from '../access/seen-edges.ts';
import type { Identity } from '../identity/identity.ts';
import type { Agents } from '../ingest/agents.ts';
import type { Tier } from '../graph/tiers.ts';
import type { Graphs } from './asked.ts';
import type { ClusterState } from './cluster-state.ts';
import { identityRemarks } from './identity-remarks.ts';
import { mergeAgents } from './merge-agents.ts';
import { otherPoliciesRemark } from './other-policies.ts';
import { countUnresolved } from './unresolved.ts';

export interface StatusParts extends Graphs {
  readonly cluster: string;
  readonly agents: Agents;
  readonly identity: Identity;
  readonly tiers: readonly Tier[];
  /** Whether no flow is named yet, for want of a first state of the cluster. */
  readonly isWaiting: () => boolean;
}

/** What is asked about a cluster, and who asks. */
export interface AskedStatus {
  /** Empty for all. */
  readonly namespace: string;
  readonly sight: Sight;
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
    spoolBytes: 0,
  };
}

/** Whether a node is gone. A source that shows no node at all cannot say that of one. */
function goneFrom(state: ClusterState): (node: string) => boolean {
  const nodes = new Set(state.nodes);
  return (node) => nodes.size > 0 && !nodes.has(node);
}

function agentReports({ agents, history, state }: StatusParts): wire.AgentReport[] {
  const isGone = goneFrom(state);
  return agents.states().map((agent) => ({
    ...agent,
    coverage: encodeNodeCoverage(history.nodeCoverage(agent.node)),
    nodeIsGone: isGone(agent.node),
  }));
}

/** The agents that have their stream open here, without what every process that shares the store knows of them. */
export function connectedAgents({ agents, state }: Pick<StatusParts, 'agents' | 'state'>): wire.AgentReport[] {
  const isGone = goneFrom(state);
  const connected = agents.states().filter((agent) => agent.connected);
  return connected.map((agent) => ({ ...agent, coverage: null, nodeIsGone: isGone(agent.node) }));
}

/**
 * What is watched of a cluster, or of what concerns one namespace, as somebody may see it.
 * @param told by other processes, of the agents that they have. @throws WeirError NAMESPACE_UNKNOWN
 */
export function clusterStatus(
  parts: StatusParts,
  { namespace, sight }: AskedStatus,
  told: readonly wire.AgentReport[],
): wire.ClusterStatus {
  const { cluster, state, history, identity, tiers } = parts;
  const scope: Scope = { namespace: namespace || null, workload: null };
  state.checkRecorded(scope, history, sight);
  const { source } = state;
  const sourceProblems = source.problems();
  const workloads = state.workloads.filter(({ ref }) => namespace === '' || ref.namespace === namespace);
  const pods = workloads.flatMap((workload) => workload.pods);
  const nodes = namespace === '' ? null : new Set(pods.map(({ spec }) => spec.nodeName));
  const concerns = (node: string) => nodes === null || nodes.has(node);
  const coverage = encodeCoverage(history.coverage);
  const ends = seenIds(history.ends(scope), sight);
  return {
    name: cluster,
    source: source.description,
    agents: mergeAgents(agentReports(parts), told)
      .filter(({ node }) => concerns(node))
      .map((agent) => ({
        ...agent,
        status: sight === null || agent.status === null ? agent.status : withoutOthers(agent.status),
      })),
    workloads: workloads.length,
    pods: pods.length,
    edges: namespace === '' ? history.edgeCount : ends.length,
    coverage: { ...coverage, nodesWithoutAgent: coverage.nodesWithoutAgent.filter(concerns) },
    // They name objects wherever they are.
    problems:
      sight === null
        ? [
            ...sourceProblems,
            ...identityRemarks(identity.problems()),
            ...otherPoliciesRemark(state.snapshot.otherPolicies),
          ]
        : [],
    unresolved: countUnresolved(ends),
    nodes: state.nodes.filter(concerns).length,
    namespaces: namespace === '' ? state.namespaces.length : 1,
    waiting: parts.isWaiting(),
    sourceProblems: sight === null ? sourceProblems : [],
    kept: tiers,
  };
}
