import type { Edge } from '../../../core/edge.ts';
import { entityKey } from '../../../core/identity.ts';
import { isHidden } from '../../../core/sight.ts';

/**
 * The edges within so many steps of an entity, in whichever direction they lead. What is hidden is no way on: it stands
 * for many. @param key of the entity
 */
export function edgesAround(edges: readonly Edge[], key: string, hops: number): readonly Edge[] {
  const byEnd = new Map<string, number[]>();
  for (const [index, { client, server }] of edges.entries()) {
    for (const end of new Set([entityKey(client), entityKey(server)])) {
      const list = byEnd.get(end);
      if (list === undefined) byEnd.set(end, [index]);
      else list.push(index);
    }
  }
  const reached = new Set([key]);
  const found = new Set<number>();
  let border: readonly string[] = [key];
  for (let hop = 0; hop < hops && border.length > 0; hop++) {
    const next: string[] = [];
    for (const index of border.flatMap((end) => byEnd.get(end) ?? [])) {
      found.add(index);
      const { client, server } = edges[index] as Edge;
      for (const end of [client, server].filter((each) => !isHidden(each)).map(entityKey)) {
        if (reached.has(end)) continue;
        reached.add(end);
        next.push(end);
      }
    }
    border = next;
  }
  return [...found].toSorted((a, b) => a - b).map((index) => edges[index] as Edge);
}
