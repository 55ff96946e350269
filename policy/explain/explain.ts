import type { Direction } from '../../core/flow.ts';
import type { Node, Policy } from '../../core/kubernetes.ts';
import type { Decision } from '../../core/verdict.ts';
import type { Because, Tier } from '../evaluate/because.ts';
import { applyEdit, type Edit, rulePeerFor } from './edit.ts';
import { type Answer, PolicySet } from '../evaluate/evaluate.ts';
import { isIcmp } from '../evaluate/port.ts';
import type { PodPeer, Query } from '../evaluate/query.ts';
import type { SideDecision } from '../evaluate/side.ts';
import { decidingDirection } from '../evaluate/worst.ts';

/** The fewest edits that were found to turn an answer round. */
export interface Flip {
  readonly to: 'allowed' | 'denied';
  /** Never empty; all of them are needed. */
  readonly edits: readonly Edit[];
}

/** Why an answer is as it is, and what would change it. */
export interface Explanation {
  readonly decision: Decision;
  /** The side that decided. */
  readonly direction: Direction;
  /** Null where no policy decided. */
  readonly tier: Tier | null;
  readonly because: Because;
  /** Null where the answer depends, or no edit of policies turns it. */
  readonly flip: Flip | null;
}

/** More rules than this are not removed one by one. */
const maxEdits = 64;

function tierOf(because: Because): Tier | null {
  if (because.type === 'rule') return because.tier;
  return because.type === 'default-deny' ? 'NetworkPolicy' : null;
}

/** Explains answers over one set of policies. */
export class Explainer {
  readonly #policies: readonly Policy[];
  readonly #nodes: readonly Node[];

  constructor(policies: readonly Policy[], nodes: readonly Node[]) {
    this.#policies = policies;
    this.#nodes = nodes;
  }

  /** @param answer to the query, as the same policies gave it */
  explain(query: Query, answer: Answer): Explanation {
    const direction = decidingDirection(answer);
    const { because } = answer[direction];
    const flip = this.#flip(query, answer);
    return { decision: answer.decision, direction, tier: tierOf(because), because, flip };
  }

  #flip(query: Query, { decision, egress, ingress }: Answer): Flip | null {
    if (decision === 'depends' || isIcmp(query.protocol)) return null;
    const sides = [
      { direction: 'egress', side: egress },
      { direction: 'ingress', side: ingress },
    ] as const;
    if (decision === 'denied') {
      const needed = sides.filter(({ side }) => side.decision !== 'allowed');
      const edits = needed.map(({ direction }) => this.#turn(query, direction, 'allowed'));
      return edits.some((each) => each === null) ? null : { to: 'allowed', edits: edits.flatMap((each) => each ?? []) };
    }
    const ways = sides.flatMap(({ direction }) => {
      const edits = this.#turn(query, direction, 'denied');
      return edits === null ? [] : [edits];
    });
    const [first, second] = ways;
    if (first === undefined) return null;
    return { to: 'denied', edits: second !== undefined && second.length < first.length ? second : first };
  }

  /** Edits at one end until it decides otherwise; null where none does. */
  #turn(query: Query, direction: Direction, to: Flip['to']): readonly Edit[] | null {
    const pod = direction === 'egress' ? query.client : query.server;
    if (pod.type !== 'pod') return null;
    // No other policy bears on this end.
    let policies = this.#policies.filter(
      ({ kind, metadata }) => kind !== 'NetworkPolicy' || metadata.namespace === pod.namespace,
    );
    const edits: Edit[] = [];
    while (edits.length <= maxEdits) {
      const side = new PolicySet(policies, this.#nodes).decide(query)[direction];
      if (side.decision === to) return edits;
      const edit = nextEdit(side, query, direction, pod, to);
      if (edit === null) return null;
      edits.push(edit);
      policies = [...applyEdit(policies, edit, pod)];
    }
    return null;
  }
}

function nextEdit(
  { because }: SideDecision,
  query: Query,
  direction: Direction,
  pod: PodPeer,
  to: Flip['to'],
): Edit | null {
  if (because.type === 'rule') return { type: 'remove-rule', policy: because.policy, direction, rule: because.rule };
  if (because.type === 'not-isolated' && to === 'denied') {
    return { type: 'isolate', namespace: pod.namespace, pod: pod.name, direction };
  }
  const policy = because.type === 'default-deny' ? because.policies[0] : undefined;
  if (policy === undefined || to !== 'allowed') return null;
  const peer = rulePeerFor(direction === 'egress' ? query.server : query.client, pod.namespace);
  const { protocol, port } = query;
  if (peer === null || protocol === 'ICMP' || protocol === 'ICMPv6') return null;
  return { type: 'add-rule', policy, direction, peer, port: { protocol, port } };
}
