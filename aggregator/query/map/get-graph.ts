import type { Edge } from '../../../core/edge.ts';
import { WeirError } from '../../../core/errors.ts';
import { type Entity, entityKey } from '../../../core/identity.ts';
import type { Scope } from '../../../core/scope.ts';
import { sees, type Sight } from '../../../core/sight.ts';
import { encodeCoverage } from '../../../proto/convert-coverage.ts';
import type * as wire from '../../../proto/wire.ts';
import type { Answer } from '../../graph/history.ts';
import { answerTo, type Asked, type Graphs, readAsked } from '../asked.ts';
import { draw, type Drawing } from './draw.ts';
import { edgesAround } from './focus.ts';
import { foldingFor } from './folding.ts';
import { outsideNames } from './outside.ts';

const defaultNodes = 200;
/** More is no map any more, and would cost as much as the list of edges. */
const mostNodes = 5_000;
const mostHops = 10;
const anywhere: Scope = { namespace: null, workload: null };

/** The graph as a map shows it. @throws WeirError */
export async function getGraph(
  graphs: Graphs,
  request: wire.GetGraphRequest,
  sight: Sight,
): Promise<wire.GetGraphResponse> {
  const { openNamespaces, maxNodes } = request;
  if (maxNodes > mostNodes) throw new WeirError('QUERY_INVALID', `${mostNodes} nodes are the most of a map`);
  const asked = readAsked(request, graphs.state);
  const { scope } = asked;
  const { edges, coverage } = await edgesShown(graphs, asked, request.hops || 1, sight);
  const kept = scope.workload?.namespace ?? scope.namespace;
  const open =
    scope.workload === null
      ? new Set([...openNamespaces.filter((name) => sees(sight, name)), ...(kept === null ? [] : [kept])])
      : null;
  const silent = asked.passesAll ? silentOf(graphs, scope, open) : nothing;
  const entities = distinctEnds(edges, silent.entities);
  const names = outsideNames(edges);
  const room = maxNodes || defaultNodes;
  const { placement, isCoarser } = foldingFor({
    entities,
    namespaces: silent.namespaces,
    names,
    open,
    kept,
    maxNodes: room,
  });
  const { nodes, links, isCut } = draw({ edges, silent, placement, maxNodes: room }, graphs.state);
  return { nodes, links, coverage: encodeCoverage(coverage), folded: isCoarser || isCut };
}

async function edgesShown(graphs: Graphs, asked: Asked, hops: number, sight: Sight): Promise<Answer> {
  const { workload } = asked.scope;
  if (workload === null || hops === 1) return await answerTo(graphs, asked, sight);
  if (hops > mostHops) throw new WeirError('QUERY_INVALID', `${mostHops} hops are the most`);
  graphs.state.checkRecorded(asked.scope, graphs.history, sight);
  const answer = await answerTo(graphs, { ...asked, scope: anywhere }, sight);
  return { ...answer, edges: edgesAround(answer.edges, entityKey({ type: 'workload', ...workload }), hops) };
}

/** What is there although nothing may have been seen of it: the scope, or namespaces and what is in the open ones. */
function silentOf(
  { state }: Graphs,
  { namespace, workload }: Scope,
  open: ReadonlySet<string> | null,
): Drawing['silent'] {
  if (workload !== null) return { entities: [{ type: 'workload', ...workload }], namespaces: [] };
  const inside = state.workloads.filter(({ ref }) => open?.has(ref.namespace) === true);
  return {
    entities: inside.map(({ ref }) => ({ type: 'workload', ...ref })),
    namespaces: namespace === null ? state.namespaces.filter((name) => open?.has(name) !== true) : [],
  };
}

const nothing: Drawing['silent'] = { entities: [], namespaces: [] };

function distinctEnds(edges: readonly Edge[], others: readonly Entity[]): readonly Entity[] {
  const byKey = new Map(others.map((entity) => [entityKey(entity), entity]));
  for (const { client, server } of edges) for (const end of [client, server]) byKey.set(entityKey(end), end);
  return [...byKey.values()];
}
