import type { Edge } from '../../core/edge.ts';
import { edgeInScope } from '../../core/scope.ts';
import type { ResponseStream } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import type { Aliases } from '../alias/aliases.ts';
import type { ClusterHandlers } from '../api/handlers.ts';
import type { Identity } from '../identity/identity.ts';
import { readAsked } from './asked.ts';
import { completeFilter } from './complete-filter.ts';
import { Follower, type Followers } from './followers.ts';
import { type ListEdgesParts, listEdges } from './list-edges.ts';
import { getGraph } from './map/get-graph.ts';
import { summarizeService } from './services.ts';
import { getTimeline } from './timeline.ts';
import { Vocabulary } from './vocabulary.ts';
import { summarizeNamespaces, summarizeWorkloads } from './workloads.ts';

export interface QueryParts extends ListEdgesParts {
  readonly identity: Identity;
  readonly followers: Followers;
  readonly aliases: Aliases;
}

/** What is answered to questions about the graph. */
export function queryHandlers(parts: QueryParts): ClusterHandlers['query'] {
  const { state, history } = parts;
  const source = {
    edges: () => history.all().edges,
    workloads: () => state.workloads,
    namespaces: () => state.namespaces,
    aliases: () => parts.aliases.list(),
  };
  const vocabulary = new Vocabulary(source, () => performance.now());
  return {
    listNamespaces: () => ({ namespaces: summarizeNamespaces(state.namespaces, state.workloads) }),
    listWorkloads: ({ namespace }) => {
      state.checkRecorded({ namespace: namespace || null, workload: null }, history);
      const within = state.workloads.filter(({ ref }) => namespace === '' || ref.namespace === namespace);
      return { workloads: summarizeWorkloads(within, [...history.ends()]) };
    },
    listServices: ({ namespace }) => {
      state.checkRecorded({ namespace: namespace || null, workload: null }, history);
      const within = parts.identity.services().filter(({ ref }) => namespace === '' || ref.namespace === namespace);
      return { services: within.map(summarizeService) };
    },
    listEdges: (request) => listEdges(parts, request),
    getGraph: (request) => getGraph(parts, request),
    getTimeline: (request) => getTimeline(parts, request),
    completeFilter: (request) => completeFilter(request, vocabulary),
    follow: (request, to) => follow(parts, request, to),
  };
}

async function follow(
  parts: QueryParts,
  request: wire.FollowRequest,
  to: ResponseStream<wire.FollowResponse>,
): Promise<void> {
  const { followers, state, history } = parts;
  const { scope, passes } = readAsked({ ...request, range: null }, state);
  state.checkRecorded(scope, history);
  const matches = (edge: Edge) => edgeInScope(scope, edge) && passes(edge);
  let isOver = false;
  to.onClosed(() => {
    isOver = true;
  });
  if (followers.tail.isAhead(request.resumeToken)) {
    await history.catchUp();
    followers.release(history.lastId);
  }
  // Whoever has gone meanwhile would never be missed.
  if (isOver) return;
  const follower = new Follower(matches, to, followers.tail, request.resumeToken);
  followers.add(follower);
  to.onReady(() => followers.flush(follower, true));
  to.onClosed(() => followers.delete(follower));
  to.open();
  followers.flush(follower);
}
