import type { Baseline } from '../../core/baseline.ts';
import { edgeInScope, type Scope } from '../../core/scope.ts';
import type { PolicyHandlers } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import { readScope } from '../query/question.ts';
import { type PolicyParts, seenDuring } from './parts.ts';

function encodeScope({ namespace, workload }: Scope): wire.Scope {
  return { namespace: namespace ?? '', workload };
}

export function encodeBaseline(baseline: Baseline): wire.Baseline {
  return { ...baseline, scope: encodeScope(baseline.scope) };
}

/** Keeps what was seen as what should be. */
export function baselineHandlers({
  state,
  history,
  baselines,
  clock,
}: PolicyParts): Pick<PolicyHandlers, 'listBaselines' | 'setBaseline' | 'removeBaseline'> {
  return {
    listBaselines: async () => {
      return { baselines: (await baselines.list()).map(encodeBaseline) };
    },
    setBaseline: async (request) => {
      const scope = readScope(request.scope);
      const { edges } = await seenDuring(history, request.range);
      state.checkRecorded(scope, history);
      const { name, comment } = request;
      const within = edges.filter((edge) => edgeInScope(scope, edge));
      const set = await baselines.set({ name, comment, scope, takenUnixMs: clock.now() }, within);
      return { baseline: encodeBaseline(set) };
    },
    removeBaseline: async (request) => {
      await baselines.remove(request.name);
      return {};
    },
  };
}
