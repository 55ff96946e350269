import type { Policy, ClusterSnapshot } from '../../core/kubernetes.ts';
import type { Sight } from '../../core/sight.ts';
import type { Clock } from '../../core/time.ts';
import type * as wire from '../../proto/wire.ts';
import { seenEdges } from '../access/seen-edges.ts';
import type { Answer, History } from '../graph/history.ts';
import type { Identity } from '../identity/identity.ts';
import type { Agents } from '../ingest/agents.ts';
import type { ClusterState } from '../query/cluster-state.ts';
import type { Baselines } from './baselines.ts';
import { readRange } from '../query/question.ts';
import type { ClusterSettings } from '../settings/settings.ts';

/** What the policy service stands on. */
export interface PolicyParts {
  readonly state: ClusterState;
  readonly history: History;
  readonly agents: Agents;
  readonly identity: Identity;
  readonly settings: ClusterSettings;
  readonly baselines: Baselines;
  readonly clock: Clock;
}

/**
 * What was seen in a span of time, as the caller may see it; all that is kept where none is given.
 * @throws WeirError QUERY_INVALID, STORE
 */
export async function seenDuring(history: History, range: wire.TimeRange | null, sight: Sight = null): Promise<Answer> {
  const window = readRange(range);
  const answer = window === null ? history.all() : await history.during(window);
  return { ...answer, edges: seenEdges(answer.edges, sight) };
}

/** Every policy that is applied and that Weir evaluates. */
export function policiesOf({ networkPolicies, clusterPolicies }: ClusterSnapshot): readonly Policy[] {
  return [...networkPolicies, ...clusterPolicies];
}
