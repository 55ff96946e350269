import { orderEdges } from '../../core/edge-order.ts';
import { WeirError } from '../../core/errors.ts';
import type { Sight } from '../../core/sight.ts';
import { encodeCoverage } from '../../proto/convert-coverage.ts';
import { encodeEdge } from '../../proto/convert-edge.ts';
import { coreEdgeOrder } from '../../proto/names.ts';
import type * as wire from '../../proto/wire.ts';
import type { Answer } from '../graph/history.ts';
import { answerTo, type Graphs, readAsked } from './asked.ts';
import type { Place, Snapshots } from './snapshots.ts';

export interface ListEdgesParts extends Graphs {
  readonly snapshots: Snapshots;
  /** The most edges of one answer. */
  readonly maxAnswerEdges: number;
}

/** The name by which two pages of one question know each other: an answer is for those who see the same. */
function questionOf({ scope, range, filter, order }: wire.ListEdgesRequest, sight: Sight): string {
  return JSON.stringify([scope, range, filter, order, sight === null ? null : [...sight].toSorted()]);
}

/** Edges in the order that is asked for, all at once or in pages. @throws WeirError */
export async function listEdges(
  parts: ListEdgesParts,
  request: wire.ListEdgesRequest,
  sight: Sight,
): Promise<wire.ListEdgesResponse> {
  const { snapshots, maxAnswerEdges } = parts;
  const { pageSize, pageToken } = request;
  if (pageToken !== '') {
    return page(
      snapshots.find(pageToken, questionOf(request, sight)),
      Math.min(pageSize || maxAnswerEdges, maxAnswerEdges),
    );
  }
  const found = await answerTo(parts, readAsked(request, parts.state), sight);
  const answer = { ...found, edges: orderEdges(found.edges, coreEdgeOrder[request.order] ?? 'ends') };
  const { length } = answer.edges;
  if (pageSize === 0 && length > maxAnswerEdges) {
    const what = `${length} edges match, and one answer has ${maxAnswerEdges} at most; ask for pages, or narrow the filter`;
    throw new WeirError('ANSWER_TOO_LARGE', what);
  }
  const size = Math.min(pageSize || length, maxAnswerEdges);
  if (length <= size) return encodePage(answer, 0, length, '');
  return page(snapshots.keep(questionOf(request, sight), answer), size);
}

function page({ answer, offset, tokenFor }: Place, size: number): wire.ListEdgesResponse {
  const end = Math.min(offset + size, answer.edges.length);
  return encodePage(answer, offset, end, end < answer.edges.length ? tokenFor(end) : '');
}

function encodePage({ edges, coverage }: Answer, from: number, to: number, nextPageToken: string) {
  return {
    edges: edges.slice(from, to).map(encodeEdge),
    coverage: encodeCoverage(coverage),
    nextPageToken,
    totalEdges: edges.length,
  };
}
