import { dequal } from 'dequal';
import type { Edge } from '../../core/edge.ts';
import type { ClusterSnapshot, NetworkPolicy, Policy } from '../../core/kubernetes.ts';
import { compareText } from '../../core/order.ts';
import { bridgeFor, type Pending } from './bridge.ts';
import { decisionOf, EdgeSides } from '../replay/edge-sides.ts';
import { PolicySet } from '../evaluate/evaluate.ts';
import { succeeded } from '../evaluate/outcome.ts';
import { policyKey, refOf } from '../evaluate/policy-key.ts';
import { type PolicyEdit, PreparedReplay } from '../replay/prepared-replay.ts';
import { findingOf, type ReplayFinding } from '../replay/replay.ts';
import { Limits, OrderSearch } from './rollout-order.ts';

export interface RolloutInput {
  readonly cluster: ClusterSnapshot;
  readonly applied: readonly Policy[];
  readonly target: readonly Policy[];
  readonly edges: readonly Edge[];
}

export interface RolloutStep extends PolicyEdit {
  /** What the step replaces or deletes; null where it is new. */
  readonly previous: Policy | null;
  /** Only on the way: a later step deletes it. */
  readonly temporary: boolean;
  /** Edges that are denied from here until a later step, though they are allowed before and after. */
  readonly cuts: readonly ReplayFinding[];
  /** Why it stands here, as a sentence. */
  readonly reason: string;
}

export interface Rollout {
  readonly steps: readonly RolloutStep[];
  /** Edges that came through and that the target denies, whatever the order. */
  readonly cuts: readonly ReplayFinding[];
}

/** How often edits are tried in search of another order, where the first one leads nowhere. */
const maxTrials = 500;

/** First what is applied, then what is deleted: each pod stays as isolated as it was for as long as possible. */
export function editsBetween(applied: readonly Policy[], target: readonly Policy[]): PolicyEdit[] {
  const [old, now] = [applied, target].map((set) => new Map(set.map((policy) => [policyKey(refOf(policy)), policy])));
  const changed = [...(now ?? [])].filter(([key, policy]) => !isSame(old?.get(key), policy));
  const gone = [...(old ?? [])].filter(([key]) => now?.has(key) !== true);
  const byKey = ([a]: readonly [string, Policy], [b]: readonly [string, Policy]) => compareText(a, b);
  return [
    ...changed.sort(byKey).map(([, policy]): PolicyEdit => ({ type: 'apply', policy })),
    ...gone.sort(byKey).map(([, policy]): PolicyEdit => ({ type: 'delete', policy })),
  ];
}

function isSame(old: Policy | undefined, policy: Policy): boolean {
  if (old === undefined) return false;
  const { labels, annotations } = old.metadata;
  const sameMetadata = dequal(labels, policy.metadata.labels) && dequal(annotations, policy.metadata.annotations);
  return sameMetadata && dequal(old.spec, policy.spec);
}

/** Makes the steps of one roll-out. */
class Planner {
  readonly #replay: PreparedReplay;
  readonly #limits: Limits;
  readonly #search: OrderSearch;
  readonly #before: ReadonlyMap<string, Policy>;
  readonly #steps: RolloutStep[] = [];
  readonly #bridges: NetworkPolicy[] = [];
  /** Versions of policies that a bridge was tried for. */
  readonly #bridged = new Set<NetworkPolicy>();

  constructor(replay: PreparedReplay, limits: Limits, applied: readonly Policy[]) {
    this.#replay = replay;
    this.#limits = limits;
    this.#search = new OrderSearch(replay, limits, maxTrials);
    this.#before = new Map(applied.map((policy) => [policyKey(refOf(policy)), policy]));
  }

  plan(edits: readonly PolicyEdit[]): RolloutStep[] {
    const undo = this.#replay.mark();
    let way = this.#search.greedy(edits);
    if (way.left.length > 0 && !edits.every((edit) => this.#onlyAdds(edit))) {
      undo();
      const other = this.#search.search(edits);
      way = this.#search.greedy(other ?? edits);
    }
    this.#note(way.done);
    for (let { left } = way; left.length > 0; ) left = this.#goOn(left);
    const removals = this.#bridges.map((policy): PolicyEdit => ({ type: 'delete', policy }));
    for (let left: readonly PolicyEdit[] = removals; left.length > 0; ) {
      const { done, left: rest } = this.#search.greedy(left);
      this.#note(done);
      left = rest.length > 0 ? this.#force(rest) : [];
    }
    return this.#steps;
  }

  /** Whether it can take the way from no other edit: of NetworkPolicies that are new each allows more than the ones before. */
  #onlyAdds({ type, policy }: PolicyEdit): boolean {
    return type === 'apply' && policy.kind === 'NetworkPolicy' && !this.#before.has(policyKey(refOf(policy)));
  }

  /** One way past what every single edit would cut. @returns what is left then */
  #goOn(left: readonly PolicyEdit[]): readonly PolicyEdit[] {
    const rest = this.#bridge(left) ? left : this.#force(left);
    const { done, left: still } = this.#search.greedy(rest);
    this.#note(done);
    return still;
  }

  /** Applies what allows in between all that the edits allow together. @returns whether that helps */
  #bridge(left: readonly PolicyEdit[]): boolean {
    const pending = left.flatMap(({ type, policy }): Pending[] => {
      if (policy.kind !== 'NetworkPolicy') return [];
      const before = this.#before.get(policyKey(refOf(policy))) as NetworkPolicy | undefined;
      return [{ before: before ?? null, after: type === 'apply' ? policy : null }];
    });
    for (const { before, after } of pending) {
      for (const version of [before, after]) {
        if (version === null || this.#bridged.has(version)) continue;
        this.#bridged.add(version);
        const { namespace } = version.metadata;
        const beside = pending.filter((each) => (each.after ?? each.before)?.metadata.namespace === namespace);
        const policy = bridgeFor(version, beside, this.#replay.roster, this.#bridgeName());
        const trial = this.#replay.try({ type: 'apply', policy });
        if (this.#limits.cutBy(trial).length > 0) continue;
        this.#replay.commit(trial);
        this.#bridges.push(policy);
        const reason = 'Allows in between what the next steps allow only together.';
        this.#steps.push({ ...trial.edit, previous: null, temporary: true, cuts: [], reason });
        return true;
      }
    }
    return false;
  }

  /** That no policy has. */
  #bridgeName(): string {
    const taken = new Set(this.#replay.policies.map(({ metadata }) => metadata.name));
    let number = 1;
    while (taken.has(`weir-bridge-${number}`)) number++;
    return `weir-bridge-${number}`;
  }

  /** Makes the edit that cuts least, as none cuts nothing. */
  #force(left: readonly PolicyEdit[]): readonly PolicyEdit[] {
    const tried = left.map((edit) => {
      const trial = this.#replay.try(edit);
      return { edit, trial, cut: this.#limits.cutBy(trial) };
    });
    tried.sort((a, b) => a.cut.length - b.cut.length);
    const [least] = tried;
    if (least === undefined) return [];
    this.#replay.commit(least.trial);
    const cuts = least.cut.map((each) => this.#replay.finding(each));
    this.#steps.push({
      ...least.edit,
      ...this.#standing(least.edit),
      cuts,
      reason: 'Cuts traffic until a later step, because no order of the steps that are left cuts nothing.',
    });
    return left.filter((edit) => edit !== least.edit);
  }

  #standing({ policy }: PolicyEdit): Pick<RolloutStep, 'previous' | 'temporary'> {
    const isBridge = this.#bridges.includes(policy as NetworkPolicy);
    return { previous: isBridge ? policy : (this.#before.get(policyKey(refOf(policy))) ?? null), temporary: isBridge };
  }

  #note(edits: readonly PolicyEdit[]): void {
    for (const edit of edits) {
      const standing = this.#standing(edit);
      this.#steps.push({ ...edit, ...standing, cuts: [], reason: reasonOf(edit, standing) });
    }
  }
}

function reasonOf({ type }: PolicyEdit, { temporary, previous }: Pick<RolloutStep, 'previous' | 'temporary'>): string {
  if (temporary) return 'All steps that needed it are made.';
  if (type === 'delete') return 'What it allowed and is still to be allowed others allow now.';
  return previous === null
    ? 'All recorded traffic of its pods that stays allowed is allowed by it or by what was applied before.'
    : 'What it no longer allows and is still to be allowed others allow already.';
}

/**
 * Finds an order of single applies and deletes in which no recorded edge that is allowed before and after is denied in
 * between. Each step was proven by replay.
 *
 * @throws WeirError ADDRESS_INVALID for an ipBlock that holds no CIDR
 */
export function planRollout({ cluster, applied, target, edges }: RolloutInput): Rollout {
  const replay = new PreparedReplay({ cluster, policies: applied, edges });
  const last = new EdgeSides(replay.roster, new PolicySet(target, cluster.nodes));
  const ends = edges.map((edge) => last.decide(edge));
  const before = (index: number) => decisionOf(replay.sidesOf(index));
  const after = (index: number) => decisionOf(ends[index] as (typeof ends)[number]);
  const cuts = edges.flatMap((edge, index) => {
    const isCut = succeeded(edge) && before(index) !== 'denied' && after(index) === 'denied';
    return isCut ? [findingOf(edge, ends[index] as (typeof ends)[number])] : [];
  });
  const limits = new Limits(edges, before, after);
  return { steps: new Planner(replay, limits, applied).plan(editsBetween(applied, target)), cuts };
}
