import type { Edge, Entity, GenerateResponse, GetGraphResponse, GraphNode } from '../../../proto/wire.ts';
import { entityId, entityNamespace } from '../api/entity.ts';
import { inBlock } from '../design/block.ts';
import { type CandidateLinks, linkId } from './model.ts';

/** Finds the node of an address outside: the graph shows it by its alias, a name it was asked for by, or its block. */
function outsideNode(nodes: readonly GraphNode[], address: string, names: readonly string[]): string | undefined {
  const outside = nodes.filter(({ type }) => type === 'external');
  const named = outside.find(({ label }) => names.includes(label));
  return (
    named ??
    outside.find(({ label }) => inBlock(address, label)) ??
    outside.find(({ id }) => id === 'external:*')
  )?.id;
}

/** Finds the node that stands for an end of an edge; empty where the graph has none. */
function nodeFinder(nodes: readonly GraphNode[]): (end: Entity | null, edge: Edge | null) => string {
  const known = new Set(nodes.map(({ id }) => id));
  const first = (...ids: (string | undefined)[]) => ids.find((id) => id !== undefined && known.has(id)) ?? '';
  return (end, edge) => {
    switch (end?.entity) {
      case 'external': {
        const names = [end.alias?.name ?? '', ...(edge?.merged?.serverNames ?? [])];
        return outsideNode(nodes, end.external, names) ?? '';
      }
      case 'unresolved':
        return first(`unresolved:${end.unresolved.reason}`);
      case 'node':
        return first(entityId(end), 'node:*');
      default:
        return first(entityId(end), `namespace:${entityNamespace(end)}`);
    }
  };
}

/**
 * Which links the candidate policy judges, and which of them it would deny; null while there is no candidate.
 * Links that no new policy bears on stay as they were observed.
 */
export function candidateLinks(
  candidate: Pick<GenerateResponse, 'policies' | 'replay'> | undefined,
  { nodes }: Pick<GetGraphResponse, 'nodes'>,
): CandidateLinks | null {
  if (candidate === undefined) return null;
  const nodeOf = nodeFinder(nodes);
  const governed = new Set(
    candidate.policies.flatMap(({ workload }) =>
      workload === null ? [] : [nodeOf({ entity: 'workload', workload }, null)],
    ),
  );
  const findings = candidate.replay?.findings ?? [];
  const denied = findings
    .filter(({ decision }) => decision === 'denied')
    .flatMap(({ edge }) => (edge === null ? [] : [edge]));
  return {
    denied: new Set(
      denied.map((edge) => linkId({ source: nodeOf(edge.client, edge), target: nodeOf(edge.server, edge) })),
    ),
    judged: ({ source, target }) => governed.has(source) || governed.has(target),
  };
}
