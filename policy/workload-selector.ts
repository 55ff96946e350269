import { type WorkloadRef, workloadKey } from '../core/identity.ts';
import type { Labels } from '../core/kubernetes.ts';
import { compareText } from '../core/order.ts';
import type { Workload } from '../core/workload.ts';
import { type Label, stableLabels } from './stable-labels.ts';

/** The labels that stand for a workload in a policy. */
export interface WorkloadSelector {
  /** Sorted by key; never empty. */
  readonly labels: Labels;
  /** Other workloads of the namespace that the labels match too, because none tells them apart. */
  readonly alsoSelects: readonly WorkloadRef[];
}

/** Labels that some pods of a workload have. */
interface Variant {
  readonly ref: WorkloadRef;
  readonly labels: ReadonlyMap<string, string>;
}

/** Sets of more labels than this are not tried one by one: three have been enough wherever labels are given by people. */
const maxTried = 3;
/** So many labels at most are tried in every combination, which bounds the search to some 700 sets. */
const maxCandidates = 16;

/** The different stable labels of a workload's template and pods, old ReplicaSets' too: mostly just one set. */
function variantsOf(workload: Workload): Variant[] {
  const ofPods = workload.pods.map((pod) => pod.metadata.labels);
  const sets = (workload.hasTemplate ? [workload.labels, ...ofPods] : ofPods).map(stableLabels);
  const distinct = new Map(sets.map((labels) => [JSON.stringify(labels), labels]));
  return [...distinct.values()].map((labels) => ({ ref: workload.ref, labels: new Map(labels) }));
}

/** In the order of the first variant. */
function commonLabels([first, ...others]: readonly Variant[]): Label[] {
  return [...(first?.labels ?? [])].filter(([key, value]) => others.every(({ labels }) => labels.get(key) === value));
}

function caughtBy([key, value]: Label, others: readonly Variant[]): Variant[] {
  return others.filter(({ labels }) => labels.get(key) === value);
}

function caughtByAll(labels: readonly Label[], others: readonly Variant[]): readonly Variant[] {
  return labels.reduce((left, label) => caughtBy(label, left), others);
}

/** The first set of `size` labels, in the order of `labels`, that catches no more than `unavoidable` others. */
function firstSet(
  size: number,
  labels: readonly Label[],
  others: readonly Variant[],
  unavoidable: number,
): Label[] | null {
  if (size === 0) return others.length === unavoidable ? [] : null;
  for (let index = 0; index <= labels.length - size; index++) {
    const label = labels[index] as Label;
    const rest = firstSet(size - 1, labels.slice(index + 1), caughtBy(label, others), unavoidable);
    if (rest !== null) return [label, ...rest];
  }
  return null;
}

/** All labels without those that can go, the least telling ones first: not always the smallest set, but never long to find. */
function withoutNeedless(labels: readonly Label[], others: readonly Variant[], unavoidable: number): Label[] {
  let kept = [...labels];
  for (const label of labels.toReversed()) {
    const fewer = kept.filter((each) => each !== label);
    const caught = caughtByAll(fewer, others);
    if (fewer.length > 0 && caught.length === unavoidable) kept = fewer;
  }
  return kept;
}

function smallestSet(labels: readonly Label[], others: readonly Variant[]): Label[] {
  const unavoidable = caughtByAll(labels, others).length;
  const candidates = labels.slice(0, maxCandidates);
  for (let size = 1; size <= Math.min(maxTried, candidates.length); size++) {
    const found = firstSet(size, candidates, others, unavoidable);
    if (found !== null) return found;
  }
  return withoutNeedless(labels, others, unavoidable);
}

/** Finds for each workload the smallest set of stable labels that separates it from all others of its namespace. */
export class WorkloadSelectors {
  readonly #variants = new Map<string, readonly Variant[]>();
  readonly #inNamespace = new Map<string, Variant[]>();
  readonly #found = new Map<string, WorkloadSelector | null>();

  constructor(workloads: readonly Workload[]) {
    for (const workload of workloads) {
      const { namespace } = workload.ref;
      const variants = variantsOf(workload);
      this.#variants.set(workloadKey(workload.ref), variants);
      const inNamespace = this.#inNamespace.get(namespace) ?? [];
      inNamespace.push(...variants);
      this.#inNamespace.set(namespace, inNamespace);
    }
  }

  /** Null where no stable label is common to all of the workload's pods and its template, or it is not known at all. */
  of(ref: WorkloadRef): WorkloadSelector | null {
    const key = workloadKey(ref);
    let selector = this.#found.get(key);
    if (selector === undefined) {
      selector = this.#find(this.#variants.get(key) ?? [], this.#inNamespace.get(ref.namespace) ?? []);
      this.#found.set(key, selector);
    }
    return selector;
  }

  #find(own: readonly Variant[], inNamespace: readonly Variant[]): WorkloadSelector | null {
    const labels = commonLabels(own);
    if (labels.length === 0) return null;
    const others = inNamespace.filter((each) => !own.includes(each));
    const chosen = smallestSet(labels, others);
    return {
      labels: Object.fromEntries(chosen.toSorted(([a], [b]) => compareText(a, b))),
      alsoSelects: [...new Set(caughtByAll(chosen, others).map((each) => each.ref))],
    };
  }
}
