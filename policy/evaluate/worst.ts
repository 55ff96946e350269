import type { Direction } from '../../core/flow.ts';
import { type Answer, type PolicySet, worse } from './evaluate.ts';
import type { Peer, Query } from './query.ts';

/** An answer and the two ends that it holds for. */
export type PairAnswer = Answer & Pick<Query, 'client' | 'server'>;

/**
 * The worst answer over all pairs of peers that may be behind the two ends; the first such pair's. Neither end may be
 * empty.
 */
export function worstAnswer(
  policies: PolicySet,
  clients: readonly Peer[],
  servers: readonly Peer[],
  { protocol, port }: Pick<Query, 'protocol' | 'port'>,
): PairAnswer {
  let worst: PairAnswer | null = null;
  for (const client of clients) {
    for (const server of servers) {
      const answer = policies.decide({ client, server, protocol, port });
      if (worst !== null && worse(worst.decision, answer.decision) === worst.decision) continue;
      worst = { ...answer, client, server };
      if (answer.decision === 'denied') return worst;
    }
  }
  return worst as PairAnswer;
}

/** The side that settles an answer; of two that allow, one that has a rule for it. */
export function decidingDirection({ decision, egress, ingress }: Answer): Direction {
  if (decision === 'allowed') return ingress.because.type === 'rule' ? 'ingress' : 'egress';
  return egress.decision === decision ? 'egress' : 'ingress';
}
