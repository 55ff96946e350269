import type { Edge } from '../../core/edge.ts';
import { compileFilter } from '../../core/filter/compile.ts';
import { edgeInScope, type Scope } from '../../core/scope.ts';
import type { Window } from '../../core/time.ts';
import type * as wire from '../../proto/wire.ts';
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
 * The edges of a scope over a range, sorted by client, server, protocol and port; what a filter says is not held
 * against them yet. @throws WeirError NAMESPACE_UNKNOWN, WORKLOAD_UNKNOWN, STORE
 */
export async function edgesOf({ history, state }: Graphs, range: Window | null, scope: Scope): Promise<Answer> {
  const answer = range === null ? history.all() : await history.during(range);
  state.check(scope, answer.edges);
  if (scope.namespace === null && scope.workload === null) return answer;
  return { ...answer, edges: answer.edges.filter((edge) => edgeInScope(scope, edge)) };
}

/** What is asked for. @throws WeirError NAMESPACE_UNKNOWN, WORKLOAD_UNKNOWN, STORE */
export async function answerTo(graphs: Graphs, { scope, range, passes, passesAll }: Asked): Promise<Answer> {
  const answer = await edgesOf(graphs, range, scope);
  return passesAll ? answer : { ...answer, edges: answer.edges.filter(passes) };
}
