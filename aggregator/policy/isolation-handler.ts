import { entityInScope } from '../../core/scope.ts';
import { compareText } from '../../core/order.ts';
import {
  isolationBoard,
  type IsolationState,
  stateOf,
  type WorkloadIsolation,
} from '../../policy/explain/isolation-board.ts';
import { Roster } from '../../policy/evaluate/roster.ts';
import type { PolicyHandlers } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import { seenSnapshot } from '../access/seen-snapshot.ts';
import { readScope } from '../query/question.ts';
import { policiesOf, type PolicyParts } from './parts.ts';

function byNamespace(workloads: readonly WorkloadIsolation[]): wire.NamespaceIsolation[] {
  const found = new Map<string, Record<IsolationState, number>>();
  for (const each of workloads) {
    const { namespace } = each.workload;
    const counts = found.get(namespace) ?? { isolated: 0, partial: 0, open: 0, exempt: 0 };
    counts[stateOf(each)]++;
    found.set(namespace, counts);
  }
  return [...found].sort(([a], [b]) => compareText(a, b)).map(([name, counts]) => ({ name, ...counts }));
}

/** Tells how far namespaces and workloads are isolated by what is applied. */
export function isolationHandler({ state, history }: PolicyParts): PolicyHandlers['getIsolation'] {
  return (request, sight) => {
    const scope = readScope(request.scope);
    state.checkRecorded(scope, history, sight);
    const snapshot = seenSnapshot(state.snapshot, sight);
    const workloads = isolationBoard(new Roster(snapshot), policiesOf(snapshot)).filter(({ workload }) =>
      entityInScope(scope, { type: 'workload', ...workload }),
    );
    return {
      namespaces: byNamespace(workloads),
      workloads: workloads.map((each) => ({ ...each, exempt: each.exempt ?? '' })),
    };
  };
}
