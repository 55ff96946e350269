import { encodeCoverage, encodeNodeCoverage } from '../../proto/convert-coverage.ts';
import type * as wire from '../../proto/wire.ts';
import type { History } from '../graph/history.ts';
import type { Tier } from '../graph/tiers.ts';
import type { Identity } from '../identity/identity.ts';
import type { Agents } from '../ingest/agents.ts';
import type { ClusterState } from './cluster-state.ts';
import { identityRemarks } from './identity-remarks.ts';
import { otherPoliciesRemark } from './other-policies.ts';
import { countUnresolved } from './unresolved.ts';

export interface StatusParts {
  readonly cluster: string;
  readonly state: ClusterState;
  readonly history: History;
  readonly agents: Agents;
  readonly identity: Identity;
  readonly tiers: readonly Tier[];
  /** Whether no flow is named yet, for want of a first state of the cluster. */
  readonly isWaiting: () => boolean;
}

/** What there is in a cluster, who watches it, and what is wrong. */
export function clusterStatus(parts: StatusParts): wire.ClusterStatus {
  const { cluster, state, history, identity, tiers } = parts;
  const { source, workloads, nodes } = state;
  const sourceProblems = source.problems();
  return {
    name: cluster,
    source: source.description,
    agents: agentReports(parts, new Set(nodes)),
    workloads: workloads.length,
    pods: workloads.reduce((total, { pods }) => total + pods.length, 0),
    edges: history.edgeCount,
    coverage: encodeCoverage(history.coverage),
    problems: [
      ...sourceProblems,
      ...identityRemarks(identity.problems()),
      ...otherPoliciesRemark(state.snapshot.otherPolicies),
    ],
    unresolved: countUnresolved(history.ends()),
    nodes: nodes.length,
    namespaces: state.namespaces.length,
    waiting: parts.isWaiting(),
    sourceProblems,
    kept: tiers,
  };
}

function agentReports({ agents, history }: StatusParts, nodes: ReadonlySet<string>): wire.AgentReport[] {
  return agents.states().map((agent) => ({
    ...agent,
    coverage: encodeNodeCoverage(history.nodeCoverage(agent.node)),
    // A source that shows no node at all cannot say that one is gone.
    nodeIsGone: nodes.size > 0 && !nodes.has(agent.node),
  }));
}
