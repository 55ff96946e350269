import type { Entity, GenerateResponse, GetGraphResponse, GraphNode } from '../../../proto/wire.ts';
import { entityId, entityNamespace } from '../api/entity.ts';
import { type CandidateLinks, linkId } from './model.ts';

/** Finds the node that stands for an end: itself, or its namespace where that is closed. */
function nodeFinder(nodes: readonly GraphNode[]): (end: Entity | null) => string {
  const known = new Set(nodes.map(({ id }) => id));
  return (end) => {
    const own = entityId(end);
    return known.has(own) ? own : `namespace:${entityNamespace(end)}`;
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
    candidate.policies.flatMap(({ workload }) => (workload === null ? [] : [nodeOf({ entity: 'workload', workload })])),
  );
  const findings = candidate.replay?.findings ?? [];
  const denied = findings.filter(({ decision }) => decision === 'denied').flatMap(({ edge }) => (edge === null ? [] : [edge]));
  return {
    denied: new Set(denied.map(({ client, server }) => linkId({ source: nodeOf(client), target: nodeOf(server) }))),
    judged: ({ source, target }) => governed.has(source) || governed.has(target),
  };
}
