import { useQuery } from '@tanstack/react-query';
import type { Coverage, Edge, ListEdgesRequest } from '../../../proto/wire.ts';
import { call } from './client.ts';
import { keyOf, standInFor } from './use-call.ts';

/** The most rows that are taken into the page; beyond that, a narrower scope or filter is asked for. */
export const maxEdges = 20_000;
const pageSize = 5_000;

export interface Edges {
  readonly edges: readonly Edge[];
  readonly total: number;
  readonly coverage: Coverage | null;
}

async function allPages(request: Partial<ListEdgesRequest>, signal: AbortSignal): Promise<Edges> {
  const edges: Edge[] = [];
  let pageToken = '';
  for (;;) {
    const answer = await call('query', 'listEdges', { ...request, pageSize, pageToken }, signal);
    edges.push(...answer.edges);
    pageToken = answer.nextPageToken;
    if (pageToken === '' || edges.length >= maxEdges)
      return { edges, total: answer.totalEdges, coverage: answer.coverage };
  }
}

/** The edges of a scope, page after page until all or the most are there. */
export function useEdges(request: Partial<ListEdgesRequest>, enabled = true) {
  const queryKey = keyOf('query', 'listEdges', request, true);
  return useQuery({
    queryKey,
    queryFn: ({ signal }) => allPages(request, signal),
    enabled,
    placeholderData: standInFor(queryKey),
  });
}
