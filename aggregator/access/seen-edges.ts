import { type Edge, type EdgeId, edgeKey, type Observation } from '../../core/edge.ts';
import { addCounters, addDrops, strongerEvidence, zeroCounters } from '../../core/flow.ts';
import { isHidden, isInSight, seenEnd, sees, type Sight } from '../../core/sight.ts';
import { makeEdge, sortEdges } from '../graph/edges.ts';

/** An edge's ends as they may be seen; null when it is between others. */
function seenId<Id extends EdgeId>(id: Id, sight: Sight): Id | null {
  if (!isInSight(id.client, sight) && !isInSight(id.server, sight)) return null;
  const [client, server] = [seenEnd(id.client, sight), seenEnd(id.server, sight)];
  return client === id.client && server === id.server ? id : { ...id, client, server };
}

/** Who talks to whom as somebody may see it: hidden ends are one, so that their number is not told. */
export function seenIds(ids: Iterable<EdgeId>, sight: Sight): readonly EdgeId[] {
  if (sight === null) return [...ids];
  const seen = new Map<string, EdgeId>();
  for (const id of ids) {
    const each = seenId(id, sight);
    if (each !== null) seen.set(edgeKey(each), each);
  }
  return [...seen.values()];
}

/**
 * Edges as somebody may see them, sorted by client, server, protocol and port. Those between others are left out. Hidden
 * ends are one: edges to them, or from them, on one port are one edge, with their counts added up and without the names
 * that the server was asked for by.
 */
export function seenEdges(edges: readonly Edge[], sight: Sight): readonly Edge[] {
  if (sight === null) return edges;
  const alike = new Map<string, Edge[]>();
  for (const edge of edges) {
    const seen = seenId(edge, sight);
    if (seen === null) continue;
    const key = edgeKey(seen);
    const list = alike.get(key);
    if (list === undefined) alike.set(key, [seen]);
    else list.push(seen);
  }
  return sortEdges(Array.from(alike.values(), (each) => together(each, sight)));
}

function together(edges: readonly Edge[], sight: Sight): Edge {
  const [first] = edges as readonly [Edge, ...Edge[]];
  const services = new Map(
    edges
      .flatMap((edge) => edge.services)
      .filter(({ namespace }) => sees(sight, namespace))
      .map((service) => [`${service.namespace}/${service.name}`, service] as const),
  );
  const withNames = !isHidden(first.server);
  if (edges.length === 1 && withNames) return { ...first, services: [...services.values()] };
  const side = (of: 'byClient' | 'byServer') =>
    sum(
      edges.map((edge) => edge[of]),
      withNames,
    );
  return makeEdge(first, services.values(), { client: side('byClient'), server: side('byServer') });
}

function sum(observations: readonly (Observation | null)[], withNames: boolean): Observation | null {
  const told = observations.filter((each) => each !== null);
  const [first] = told;
  if (first === undefined) return null;
  const [counters, drops] = [zeroCounters(), {}];
  for (const each of told) {
    addCounters(counters, each.counters);
    addDrops(drops, each.drops);
  }
  return {
    counters,
    drops,
    directionBy: told.map(({ directionBy }) => directionBy).reduce(strongerEvidence),
    serverNames: withNames ? first.serverNames : [],
    firstSeenUnixMs: Math.min(...told.map(({ firstSeenUnixMs }) => firstSeenUnixMs)),
    lastSeenUnixMs: Math.max(...told.map(({ lastSeenUnixMs }) => lastSeenUnixMs)),
  };
}
