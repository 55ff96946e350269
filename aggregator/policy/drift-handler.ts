import { edgeInScope, entityInScope, type Scope } from '../../core/scope.ts';
import type { Milliseconds, UnixMs } from '../../core/time.ts';
import { lengthText } from '../../policy/replay/completeness.ts';
import { type PolicyRule, rulesOf } from '../../policy/replay/check.ts';
import { usesOf } from '../../policy/replay/replay.ts';
import { Roster } from '../../policy/evaluate/roster.ts';
import { selectionOf } from '../../policy/evaluate/selection.ts';
import { encodeCoverage } from '../../proto/convert-coverage.ts';
import { encodeEdge } from '../../proto/convert-edge.ts';
import type { PolicyHandlers } from '../../proto/services.ts';
import { readRange } from '../query/question.ts';
import { encodeBaseline } from './baseline-handlers.ts';
import { driftOf } from './baseline-edges.ts';
import { encodeRule } from '../../proto/convert-rule.ts';
import { policiesOf, type PolicyParts } from './parts.ts';

const thirtyDays: Milliseconds = 30 * 86_400_000;

/** Which rules are unused, or why that cannot be told. */
interface Unused {
  readonly rules: readonly PolicyRule[];
  readonly unknown: string;
}

function unusedRules({ history, state }: PolicyParts, scope: Scope, now: UnixMs, afterMs: Milliseconds): Unused {
  const { edges, coverage } = history.all();
  const recordedMs = coverage.span === null ? 0 : now - coverage.span.firstUnixMs;
  if (recordedMs < afterMs) {
    const unknown = `only ${lengthText(recordedMs)} are recorded, which says nothing of the last ${lengthText(afterMs)}`;
    return { rules: [], unknown };
  }
  const cluster = state.snapshot;
  const policies = policiesOf(cluster);
  const roster = new Roster(cluster);
  const uses = usesOf(roster, policies, edges);
  const within = policies.filter((policy) => isIn(scope, roster, policy));
  const rules = rulesOf(within, uses).filter(({ lastUse }) => lastUse === null || lastUse < now - afterMs);
  return { rules, unknown: '' };
}

function isIn(scope: Scope, roster: Roster, policy: PolicyRule['of']): boolean {
  if (scope.namespace === null && scope.workload === null) return true;
  const { namespace, selects } = selectionOf(policy);
  if (scope.workload === null) return namespace === scope.namespace;
  const inScope = roster.workloads.filter(({ ref }) => entityInScope(scope, { type: 'workload', ...ref }));
  return inScope.some(({ ref }) => (roster.podsOf(ref) ?? []).some(selects));
}

/** Tells what has changed since a baseline was taken. */
export function driftHandler(parts: PolicyParts): PolicyHandlers['getDrift'] {
  const { history, baselines, clock } = parts;
  return async (request) => {
    const { baseline, edges: accepted } = await baselines.get(request.baseline);
    const now = clock.now();
    const since = { startUnixMs: baseline.takenUnixMs, endUnixMs: Number.MAX_SAFE_INTEGER };
    const { edges, coverage } = await history.during(readRange(request.range) ?? since);
    const within = edges.filter((edge) => edgeInScope(baseline.scope, edge));
    const { appeared, disappeared, changed } = driftOf(accepted, within);
    // Of a time in which nothing was watched it is not known what went away.
    const gone = coverage.span === null ? [] : disappeared;
    const unused = unusedRules(parts, baseline.scope, now, request.unusedAfterMs || thirtyDays);
    return {
      baseline: encodeBaseline(baseline),
      appeared: appeared.map(encodeEdge),
      disappeared: gone.map(encodeEdge),
      changed: changed.map(encodeEdge),
      unusedRules: unused.rules.map((rule) => encodeRule(rule)),
      coverage: encodeCoverage(coverage),
      unusedUnknown: unused.unknown,
    };
  };
}
