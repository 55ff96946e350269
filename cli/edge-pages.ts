import type { Edge } from '../core/edge.ts';
import { decodeEdge } from '../proto/convert-edge.ts';
import type { Connection } from '../proto/services.ts';
import type * as wire from '../proto/wire.ts';
import { deadline } from './aggregator.ts';

/** So many edges are asked for at once. */
const pageSize = 5_000;

/** One answer of several. */
export interface EdgePage {
  readonly edges: readonly Edge[];
  readonly coverage: wire.Coverage | null;
  /** Of all pages. */
  readonly totalEdges: number;
}

type Asked = Omit<wire.ListEdgesRequest, 'pageSize' | 'pageToken'>;

/** Edges page by page, all of one moment; at least one page. @param limit how many at most */
export async function* edgePages(connection: Connection, asked: Asked, limit: number): AsyncGenerator<EdgePage> {
  let pageToken = '';
  let left = limit;
  do {
    const request = { ...asked, pageSize: Math.min(pageSize, left), pageToken };
    const { edges, coverage, totalEdges, nextPageToken } = await connection.query.listEdges(request, deadline());
    yield { edges: edges.slice(0, left).map(decodeEdge), coverage, totalEdges };
    left -= edges.length;
    pageToken = nextPageToken;
  } while (pageToken !== '' && left > 0);
}

/** All pages together. */
export async function allEdges(connection: Connection, asked: Asked, limit = Infinity): Promise<EdgePage> {
  const edges: Edge[] = [];
  let rest: Pick<EdgePage, 'coverage' | 'totalEdges'> = { coverage: null, totalEdges: 0 };
  for await (const page of edgePages(connection, asked, limit)) {
    for (const edge of page.edges) edges.push(edge);
    rest = page;
  }
  return { ...rest, edges };
}
