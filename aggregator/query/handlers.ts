import { edgeInScope } from '../../core/scope.ts';
import { version } from '../../core/version.ts';
import { encodeCoverage, encodeNodeCoverage } from '../../proto/convert-coverage.ts';
import { encodeEdge } from '../../proto/convert-edge.ts';
import type { QueryHandlers, ResponseStream } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import type { Aliases } from '../alias/aliases.ts';
import type { History } from '../graph/history.ts';
import type { Identity } from '../identity/identity.ts';
import type { Agents } from '../ingest/agents.ts';
import type { ClusterState } from './cluster-state.ts';
import { Follower, type Followers } from './followers.ts';
import { otherPoliciesRemark } from './other-policies.ts';
import { checkCluster, readRange, readScope } from './question.ts';
import { identityRemarks } from './identity-remarks.ts';
import { summarizeService } from './services.ts';
import { countUnresolved } from './unresolved.ts';
import { summarizeNamespaces, summarizeWorkloads } from './workloads.ts';

export interface QueryParts {
  readonly cluster: string;
  readonly state: ClusterState;
  readonly history: History;
  readonly agents: Agents;
  readonly followers: Followers;
  readonly identity: Identity;
  readonly aliases: Aliases;
  /** How many windows are held back for one slow follower. */
  readonly maxFollowQueue: number;
}

/** What is answered to questions about the graph. */
export function queryHandlers(parts: QueryParts): QueryHandlers {
  const { cluster, state, history } = parts;
  return {
    listNamespaces: (request) => {
      checkCluster(request.cluster, cluster);
      return { namespaces: summarizeNamespaces(state.namespaces, state.workloads) };
    },
    listWorkloads: ({ cluster: asked, namespace }) => {
      checkCluster(asked, cluster);
      const { edges } = history.all();
      state.check({ namespace: namespace || null, workload: null }, edges);
      const within = state.workloads.filter(({ ref }) => namespace === '' || ref.namespace === namespace);
      return { workloads: summarizeWorkloads(within, edges) };
    },
    listServices: ({ cluster: asked, namespace }) => {
      checkCluster(asked, cluster);
      state.check({ namespace: namespace || null, workload: null }, history.all().edges);
      const within = parts.identity.services().filter(({ ref }) => namespace === '' || ref.namespace === namespace);
      return { services: within.map(summarizeService) };
    },
    listEdges: async (request) => {
      checkCluster(request.cluster, cluster);
      const scope = readScope(request.scope);
      const range = readRange(request.range);
      const { edges, coverage } = range === null ? history.all() : await history.during(range);
      state.check(scope, edges);
      const within = edges.filter((edge) => edgeInScope(scope, edge));
      const shown = { edges: within.map(encodeEdge), totalEdges: within.length, nextPageToken: '' };
      return { ...shown, coverage: encodeCoverage(coverage) };
    },
    follow: (request, to) => follow(parts, request, to),
    getStatus: () => ({ version, clusters: [clusterStatus(parts)] }),
  };
}

function follow(parts: QueryParts, request: wire.FollowRequest, to: ResponseStream<wire.FollowResponse>): void {
  checkCluster(request.cluster, parts.cluster);
  const scope = readScope(request.scope);
  parts.state.check(scope, parts.history.all().edges);
  const follower = new Follower(scope, to, parts.maxFollowQueue, (edges) => parts.aliases.name(edges));
  parts.followers.add(follower);
  to.onReady(() => follower.ready());
  to.onClosed(() => parts.followers.delete(follower));
  to.open();
}

function clusterStatus({ cluster, state, history, agents, identity }: QueryParts): wire.ClusterStatus {
  const { edges, coverage } = history.all();
  const { source, workloads } = state;
  return {
    name: cluster,
    source: source.description,
    agents: agents
      .states()
      .map((agent) => ({ ...agent, coverage: encodeNodeCoverage(history.nodeCoverage(agent.node)) })),
    workloads: workloads.length,
    pods: workloads.reduce((total, { pods }) => total + pods.length, 0),
    edges: history.edgeCount,
    coverage: encodeCoverage(coverage),
    problems: [
      ...source.problems(),
      ...identityRemarks(identity.problems()),
      ...otherPoliciesRemark(state.snapshot.otherPolicies),
    ],
    unresolved: countUnresolved(edges),
  };
}
