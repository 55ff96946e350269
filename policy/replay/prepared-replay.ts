import type { Edge } from '../../core/edge.ts';
import type { Direction } from '../../core/flow.ts';
import type { Policy } from '../../core/kubernetes.ts';
import { decisionOf, EdgeSides, type Sides } from './edge-sides.ts';
import { EdgesByEnd } from '../evaluate/edges-by-end.ts';
import { PolicySet } from '../evaluate/evaluate.ts';
import { policyKey, refOf } from '../evaluate/policy-key.ts';
import {
  findingOf,
  outcomeOf,
  type ReplayCounts,
  type ReplayFinding,
  type ReplayInput,
  type ReplayResult,
  Tally,
} from './replay.ts';
import { Roster } from '../evaluate/roster.ts';
import { type Selection, selectionOf } from '../evaluate/selection.ts';
import type { SideDecision } from '../evaluate/side.ts';

/** One policy that is applied, in place of the one of its name if there is one, or that is deleted. */
export interface PolicyEdit {
  readonly type: 'apply' | 'delete';
  readonly policy: Policy;
}

/** An edge that an edit touches. */
export interface Redecided {
  /** Of the edge in the replay. */
  readonly index: number;
  readonly edge: Edge;
  readonly before: Sides;
  readonly after: Sides;
}

/** What an edit would come to. */
export interface Trial {
  readonly edit: PolicyEdit;
  /** Every edge that was decided again. */
  readonly touched: readonly Redecided[];
  /** Those of them whose decision is another. */
  readonly turned: readonly Redecided[];
  readonly counts: ReplayCounts;
}

/**
 * A replay that is kept, so that an edit of one policy costs what that policy can touch: the sides of the pods that it
 * selects, before or after, and of these only the policies that select them too.
 */
export class PreparedReplay {
  readonly #roster: Roster;
  readonly #edges: readonly Edge[];
  readonly #sides: Sides[];
  readonly #byEnd: EdgesByEnd;
  readonly #selections = new Map<string, Selection>();
  #counts: ReplayCounts;

  /** @throws WeirError ADDRESS_INVALID for an ipBlock that holds no CIDR */
  constructor({ cluster, policies, edges }: ReplayInput) {
    this.#roster = new Roster(cluster);
    this.#edges = edges;
    this.#byEnd = new EdgesByEnd(this.#roster, edges);
    for (const policy of policies) this.#selections.set(policyKey(refOf(policy)), selectionOf(policy));
    const deciding = new EdgeSides(this.#roster, new PolicySet(policies, cluster.nodes));
    this.#sides = edges.map((edge) => deciding.decide(edge));
    this.#counts = this.#tally().counts;
  }

  get counts(): ReplayCounts {
    return this.#counts;
  }

  get policies(): readonly Policy[] {
    return [...this.#selections.values()].map(({ policy }) => policy);
  }

  get roster(): Roster {
    return this.#roster;
  }

  sidesOf(index: number): Sides {
    return this.#sides[index] as Sides;
  }

  /** All of it, as `replay` would give it. */
  result(): ReplayResult {
    return this.#tally().result();
  }

  #tally(): Tally {
    const tally = new Tally();
    for (const [index, edge] of this.#edges.entries()) tally.add(edge, this.#sides[index] as Sides);
    return tally;
  }

  finding({ edge, after }: Redecided): ReplayFinding {
    return findingOf(edge, after);
  }

  /** What the edit would come to; nothing is changed. @throws WeirError ADDRESS_INVALID */
  try(edit: PolicyEdit): Trial {
    const after = new Map<number, Partial<Record<Direction, SideDecision>>>();
    const key = policyKey(refOf(edit.policy));
    const old = this.#selections.get(key);
    const now = edit.type === 'apply' ? selectionOf(edit.policy) : undefined;
    const touched = [old, now].filter((each) => each !== undefined);
    const inForce = [...this.#selections].filter(([each]) => each !== key).map(([, selection]) => selection);
    if (now !== undefined) inForce.push(now);
    for (const direction of ['egress', 'ingress'] as const) {
      const bearing = touched.filter(({ directions }) => directions.includes(direction));
      if (bearing.length === 0) continue;
      const { indexes, concerns } = this.#byEnd.touchedBy(bearing, direction);
      const policies = inForce.filter((selection) => selection.directions.includes(direction) && concerns(selection));
      const set = new PolicySet(
        policies.map(({ policy }) => policy),
        this.#roster.cluster.nodes,
      );
      const deciding = new EdgeSides(this.#roster, set);
      for (const index of indexes) {
        const sides = after.get(index) ?? {};
        sides[direction] = deciding.side(direction, this.#edges[index] as Edge);
        after.set(index, sides);
      }
    }
    return this.#trial(edit, after);
  }

  /** Makes what was tried so. The trial must be of the replay as it is now. @returns what takes it back */
  commit({ edit, touched, counts }: Trial): () => void {
    const key = policyKey(refOf(edit.policy));
    const [old, before] = [this.#selections.get(key), this.#counts];
    if (edit.type === 'apply') this.#selections.set(key, selectionOf(edit.policy));
    else this.#selections.delete(key);
    for (const { index, after } of touched) this.#sides[index] = after;
    this.#counts = counts;
    return () => {
      if (old === undefined) this.#selections.delete(key);
      else this.#selections.set(key, old);
      for (const { index, before: sides } of touched) this.#sides[index] = sides;
      this.#counts = before;
    };
  }

  /** @returns what brings back all that is now */
  mark(): () => void {
    const [selections, sides, counts] = [[...this.#selections], [...this.#sides], this.#counts];
    return () => {
      this.#selections.clear();
      for (const [key, selection] of selections) this.#selections.set(key, selection);
      for (const [index, each] of sides.entries()) this.#sides[index] = each;
      this.#counts = counts;
    };
  }

  #trial(edit: PolicyEdit, decided: ReadonlyMap<number, Partial<Sides>>): Trial {
    const counts = { ...this.#counts };
    const touched = [...decided].map(([index, sides]): Redecided => {
      const [edge, before] = [this.#edges[index] as Edge, this.#sides[index] as Sides];
      return { index, edge, before, after: { ...before, ...sides } };
    });
    const turned = touched.filter(({ before, after }) => decisionOf(before) !== decisionOf(after));
    for (const { edge, before, after } of turned) {
      counts[outcomeOf(edge, decisionOf(before))]--;
      counts[outcomeOf(edge, decisionOf(after))]++;
    }
    return { edit, touched, turned, counts };
  }
}
