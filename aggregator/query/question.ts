import { WeirError } from '../../core/errors.ts';
import { parseFilter } from '../../core/filter/parse.ts';
import { problemLine } from '../../core/filter/problem-text.ts';
import type { Filter } from '../../core/filter/syntax.ts';
import type { Scope } from '../../core/scope.ts';
import type { Window } from '../../core/time.ts';
import type * as wire from '../../proto/wire.ts';

/** @throws WeirError QUERY_INVALID when a workload is named in part only, or contradicts the namespace */
export function readScope(message: wire.Scope | null): Scope {
  const namespace = message?.namespace || null;
  const workload = message?.workload ?? null;
  if (workload === null) return { namespace, workload };
  for (const part of ['namespace', 'kind', 'name'] as const) {
    if (workload[part] === '')
      throw new WeirError('QUERY_INVALID', `the workload has no ${part}; give all three parts`);
  }
  if (namespace !== null && namespace !== workload.namespace) {
    const what = `the workload is in namespace ${workload.namespace}, the scope in ${namespace}; give the same`;
    throw new WeirError('QUERY_INVALID', what);
  }
  return { namespace, workload };
}

/** The span of time that is meant; null for all that is kept. @throws WeirError QUERY_INVALID when it is none */
export function readRange(message: wire.TimeRange | null): Window | null {
  const startUnixMs = message?.startUnixMs ?? 0;
  const endUnixMs = message?.endUnixMs || Number.MAX_SAFE_INTEGER;
  if (startUnixMs === 0 && endUnixMs === Number.MAX_SAFE_INTEGER) return null;
  if (!Number.isSafeInteger(startUnixMs) || !Number.isSafeInteger(endUnixMs) || startUnixMs >= endUnixMs) {
    throw new WeirError('QUERY_INVALID', `the range ends (${endUnixMs}) before it begins (${startUnixMs})`);
  }
  return { startUnixMs, endUnixMs };
}

/** @throws WeirError FILTER_INVALID: says what is wrong and where */
export function readFilter(text: string): Filter {
  const parsed = parseFilter(text);
  if (parsed.type === 'filter') return parsed.filter;
  throw new WeirError('FILTER_INVALID', problemLine(text, parsed.problem));
}
