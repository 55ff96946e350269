import type { Edge } from '../../core/edge.ts';
import { edgeInScope } from '../../core/scope.ts';
import { sees, type Sight } from '../../core/sight.ts';
import type { ResponseStream } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import { everything } from '../access/own-access.ts';
import { seenEdges, seenIds } from '../access/seen-edges.ts';
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
    listNamespaces: (_request, sight) => {
      const seen = state.namespaces.filter((name) => sees(sight, name));
      return { namespaces: summarizeNamespaces(seen, state.workloads) };
    },
    listWorkloads: ({ namespace }, sight) => {
      const scope = { namespace: namespace || null, workload: null };
      state.checkRecorded(scope, history, sight);
      const within = state.workloads.filter(({ ref }) => namespace === '' || ref.namespace === namespace);
      return { workloads: summarizeWorkloads(within, seenIds(history.ends(scope), sight)) };
    },
    listServices: ({ namespace }, sight) => {
      state.checkRecorded({ namespace: namespace || null, workload: null }, history, sight);
      const within = parts.identity.services().filter(({ ref }) => namespace === '' || ref.namespace === namespace);
      return { services: within.map((service) => summarizeService(service, sight)) };
    },
    listEdges: (request, sight) => listEdges(parts, request, sight),
    getGraph: (request, sight) => getGraph(parts, request, sight),
    getTimeline: (request, sight) => getTimeline(parts, request, sight),
    completeFilter: (request) => completeFilter(request, vocabulary),
    follow: (request, to, sight) => follow(parts, request, to, sight),
    getAccess: () => everything,
  };
}

async function follow(
  parts: QueryParts,
  request: wire.FollowRequest,
  to: ResponseStream<wire.FollowResponse>,
  sight: Sight,
): Promise<void> {
  const { followers, state, history } = parts;
  const { scope, passes } = readAsked({ ...request, range: null }, state);
  state.checkRecorded(scope, history, sight);
  const choose = (edges: readonly Edge[]) =>
    seenEdges(
      edges.filter((edge) => edgeInScope(scope, edge)),
      sight,
    ).filter(passes);
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
  const follower = new Follower(choose, to, followers.tail, request.resumeToken);
  followers.add(follower);
  to.onReady(() => followers.flush(follower, true));
  to.onClosed(() => followers.delete(follower));
  to.open();
  followers.flush(follower);
}
