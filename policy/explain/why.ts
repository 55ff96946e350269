import type { EdgeId } from '../../core/edge.ts';
import type { Policy } from '../../core/kubernetes.ts';
import type { Decision } from '../../core/verdict.ts';
import { type Edit, editText } from './edit.ts';
import { EdgeSides } from '../replay/edge-sides.ts';
import { type Answer, PolicySet } from '../evaluate/evaluate.ts';
import { Explainer } from './explain.ts';
import type { Query } from '../evaluate/query.ts';
import type { Roster } from '../evaluate/roster.ts';
import { worstAnswer } from '../evaluate/worst.ts';

/** Why a communication is or is not allowed. */
export interface Why {
  /** The worst over all pods of both ends, with what each side rests on. */
  readonly answer: Answer;
  /** The pods, or other ends, that it holds for. */
  readonly query: Query;
  /** Another pair of pods of the same ends for which the decision is another; null where all are alike. */
  readonly differing: { readonly query: Query; readonly decision: Decision } | null;
  /** The fewest edits that were found to turn it; none where none does. */
  readonly edits: readonly Edit[];
  readonly editsLeadTo: 'allowed' | 'denied' | null;
}

/** How a pair of ends reads: their pods' names where they are pods. */
export function pairText({ client, server }: Query): string {
  const [from, to] = [client, server].map((peer) => {
    if (peer.type === 'address') return peer.address;
    if (peer.type === 'hidden') return 'what is hidden';
    return peer.type === 'node' ? `node ${peer.name}` : `${peer.namespace}/${peer.name}`;
  });
  return `${from} to ${to}`;
}

/** @throws WeirError ADDRESS_INVALID for an ipBlock that holds no CIDR */
export function why(roster: Roster, policies: readonly Policy[], asked: EdgeId): Why {
  const { nodes } = roster.cluster;
  const set = new PolicySet(policies, nodes);
  const { clients, servers } = new EdgeSides(roster, set).peersOf(asked);
  const { protocol, port } = asked;
  const { client, server, ...answer } = worstAnswer(set, clients, servers, { protocol, port });
  const query = { client, server, protocol, port };
  const { flip } = new Explainer(policies, nodes).explain(query, answer);
  const others = clients.flatMap((from) => servers.map((to): Query => ({ client: from, server: to, protocol, port })));
  const differing = others
    .map((each) => ({ query: each, decision: set.decide(each).decision }))
    .find(({ decision }) => decision !== answer.decision);
  return { answer, query, differing: differing ?? null, edits: flip?.edits ?? [], editsLeadTo: flip?.to ?? null };
}

export function editTexts({ edits }: Why): string[] {
  return edits.map(editText);
}
