import type { ExcludedEdge } from '../policy/generate/generate.ts';
import type { ReplayedPolicies } from '../policy/replay/generate-replayed.ts';
import { encodeReplay } from './convert-check.ts';
import { encodeEdge } from './convert-edge.ts';
import type * as wire from './wire.ts';
import { writePolicies, type Writing } from './write-policies.ts';

function encodeExcluded({ edge, direction, reason }: ExcludedEdge): wire.Excluded {
  return { edge: encodeEdge(edge), direction, reason };
}

/** Policies with all that is told of them but what the observations rest on. */
export function encodeGenerated(
  { made, replayed }: ReplayedPolicies,
  writing: Writing,
): Omit<wire.GenerateResponse, 'coverage' | 'completeness'> {
  return {
    ...writePolicies(made.policies, writing),
    excluded: made.excluded.map(encodeExcluded),
    replay: encodeReplay(replayed),
    skipped: made.skipped,
    notes: made.notes,
  };
}
