import type { Policy } from '../../core/kubernetes.ts';
import { entityInScope, type Scope } from '../../core/scope.ts';
import { noConnections } from '../evaluate/connections.ts';
import { type DecisionSpan, decisionSpans } from './decision-spans.ts';
import { PolicySet } from '../evaluate/evaluate.ts';
import { type Reach, Reachability, type ReachEnd, reachEnds } from './reach.ts';
import type { Roster } from '../evaluate/roster.ts';

/** Ports between two ends that are decided differently. */
export interface PairChange extends DecisionSpan {
  readonly client: ReachEnd;
  readonly server: ReachEnd;
}

const nothing: Reach = { allowed: noConnections, depends: noConnections };

interface Side {
  readonly reachability: Reachability;
  readonly ends: readonly ReachEnd[];
}

/** Compares what two sets of policies let through in one cluster. */
export class Comparison {
  readonly #before: Side;
  readonly #after: Side;
  /** Most pairs have one of few things in common. */
  readonly #spans = new WeakMap<Reach, WeakMap<Reach, readonly DecisionSpan[]>>();

  /** @throws WeirError ADDRESS_INVALID for an ipBlock that holds no CIDR */
  constructor(roster: Roster, before: readonly Policy[], after: readonly Policy[]) {
    const sets = [before, after].map((policies) => new PolicySet(policies, roster.cluster.nodes));
    // Both sides tell the same addresses apart, or nothing could be compared.
    const blocks = sets.flatMap((set) => set.blocks);
    const [old, now] = sets.map((set): Side => {
      return { reachability: new Reachability(set), ends: reachEnds(roster, set, blocks) };
    });
    [this.#before, this.#after] = [old as Side, now as Side];
  }

  /** How many pairs of ends there are to compare in a scope. */
  pairsIn(scope: Scope): number {
    return this.#after.ends.length * this.#after.ends.filter((end) => isIn(scope, end)).length;
  }

  /** In the order of the ends: workloads by namespace, kind and name, then blocks of addresses. */
  *changes(scope: Scope): Generator<PairChange> {
    for (const [row, client] of this.#after.ends.entries()) {
      for (const [column, server] of this.#after.ends.entries()) {
        if (!isIn(scope, client) && !isIn(scope, server)) continue;
        for (const span of this.#between(row, column)) yield { client, server, ...span };
      }
    }
  }

  #between(row: number, column: number): readonly DecisionSpan[] {
    const reachIn = ({ reachability, ends }: Side) =>
      reachability.between(ends[row] as ReachEnd, ends[column] as ReachEnd) ?? nothing;
    const [before, after] = [reachIn(this.#before), reachIn(this.#after)];
    let known = this.#spans.get(before);
    if (known === undefined) {
      known = new WeakMap();
      this.#spans.set(before, known);
    }
    let spans = known.get(after);
    if (spans === undefined) {
      spans = decisionSpans(before, after);
      known.set(after, spans);
    }
    return spans;
  }
}

function isIn(scope: Scope, { entity }: ReachEnd): boolean {
  return entity !== null && entityInScope(scope, entity);
}
