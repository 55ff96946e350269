import type { Edge } from '../../core/edge.ts';
import { compileFilter } from '../../core/filter/compile.ts';
import type { Scope } from '../../core/scope.ts';
import type { Sight } from '../../core/sight.ts';
import type { Window } from '../../core/time.ts';
import type * as wire from '../../proto/wire.ts';
import { seenEdges } from '../access/seen-edges.ts';
import type { Answer, History } from '../graph/history.ts';
import type { ClusterState } from './cluster-state.ts';
import { readFilter, readRange, readScope } from './question.ts';

/** What is asked for of the graph. */
export interface Asked {
  readonly scope: Scope;
  /** Null means all that is kept. */
  readonly range: Window | null;
  /** Whether an edge passes the filter. */
  readonly passes: (edge: Edge) => boolean;
  /** Whether every edge does. */
  readonly passesAll: boolean;
}

interface AskedMessage {
  readonly scope: wire.Scope | null;
  readonly range: wire.TimeRange | null;
  readonly filter: string;
}

/** @throws WeirError QUERY_INVALID, FILTER_INVALID */
export function readAsked({ scope, range, filter }: AskedMessage, state: ClusterState): Asked {
  const read = readFilter(filter);
  const asked = { scope: readScope(scope), range: readRange(range) };
  const context = { scope: asked.scope, labelsOf: state.labelsOf };
  return { ...asked, passes: compileFilter(read, context), passesAll: read.type === 'all' };
}

/** The one place where questions meet the graph. */
export interface Graphs {
  readonly history: History;
  readonly state: ClusterState;
}

/**
 * What is asked for as far as it may be seen, sorted by client, server, protocol and port. The filter is asked of what is
 * seen, so that what it lets pass tells nothing of what is hidden.
 * @throws WeirError NAMESPACE_UNKNOWN, WORKLOAD_UNKNOWN, STORE
 */
export async function answerTo(
  { history, state }: Graphs,
  { scope, range, passes, passesAll }: Asked,
  sight: Sight,
): Promise<Answer> {
  state.checkRecorded(scope, history, sight);
  const isWhole = range === null && scope.namespace === null && scope.workload === null;
  // All of it is kept sorted from one question to the next.
  const found = isWhole ? history.all() : await history.answer(range, scope);
  const answer = { ...found, edges: seenEdges(found.edges, sight) };
  return passesAll ? answer : { ...answer, edges: answer.edges.filter(passes) };
}
