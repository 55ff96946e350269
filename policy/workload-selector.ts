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

/** The labels that one pod of another workload has. */
interface Other {
  readonly ref: WorkloadRef;
  readonly labels: Labels;
}

/** Sets of more labels than this are not tried one by one: three have been enough wherever labels are given by people. */
const maxTried = 3;
/** So many labels at most are tried in every combination, which bounds the search to some 700 sets. */
const maxCandidates = 16;

function labelSets(workload: Workload): Labels[] {
  const ofPods = workload.pods.map((pod) => pod.metadata.labels);
  return workload.hasTemplate ? [workload.labels, ...ofPods] : ofPods;
}

function caughtBy(label: Label, others: readonly Other[]): Other[] {
  const [key, value] = label;
  return others.filter(({ labels }) => Object.hasOwn(labels, key) && labels[key] === value);
}

/** The first set of `size` labels, in the order of `labels`, that catches no more than `unavoidable` others. */
function firstSet(
  size: number,
  labels: readonly Label[],
  others: readonly Other[],
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
function withoutNeedless(labels: readonly Label[], others: readonly Other[], unavoidable: number): Label[] {
  let kept = [...labels];
  for (const label of labels.toReversed()) {
    const fewer = kept.filter((each) => each !== label);
    const caught = fewer.reduce<readonly Other[]>((left, each) => caughtBy(each, left), others);
    if (fewer.length > 0 && caught.length === unavoidable) kept = fewer;
  }
  return kept;
}

function smallestSet(labels: readonly Label[], others: readonly Other[]): Label[] {
  const unavoidable = labels.reduce<readonly Other[]>((left, each) => caughtBy(each, left), others).length;
  const candidates = labels.slice(0, maxCandidates);
  for (let size = 1; size <= Math.min(maxTried, candidates.length); size++) {
    const found = firstSet(size, candidates, others, unavoidable);
    if (found !== null) return found;
  }
  return withoutNeedless(labels, others, unavoidable);
}

/** Finds for each workload the smallest set of stable labels that separates it from all others of its namespace. */
export class WorkloadSelectors {
  readonly #inNamespace = new Map<string, Workload[]>();
  readonly #found = new Map<string, WorkloadSelector | null>();

  constructor(workloads: readonly Workload[]) {
    for (const workload of workloads) {
      const { namespace } = workload.ref;
      const inNamespace = this.#inNamespace.get(namespace);
      if (inNamespace === undefined) this.#inNamespace.set(namespace, [workload]);
      else inNamespace.push(workload);
    }
  }

  /** Null where no stable label is common to all of the workload's pods and its template. */
  of(workload: Workload): WorkloadSelector | null {
    const key = workloadKey(workload.ref);
    let selector = this.#found.get(key);
    if (selector === undefined) {
      selector = this.#find(workload);
      this.#found.set(key, selector);
    }
    return selector;
  }

  #find(workload: Workload): WorkloadSelector | null {
    const labels = stableLabels(labelSets(workload));
    if (labels.length === 0) return null;
    const others = (this.#inNamespace.get(workload.ref.namespace) ?? [])
      .filter((each) => each !== workload)
      .flatMap((each) => labelSets(each).map((ofPod) => ({ ref: each.ref, labels: ofPod })));
    const chosen = smallestSet(labels, others);
    const caught = chosen.reduce<readonly Other[]>((left, each) => caughtBy(each, left), others);
    return {
      labels: Object.fromEntries(chosen.toSorted(([a], [b]) => compareText(a, b))),
      alsoSelects: [...new Set(caught.map((each) => each.ref))],
    };
  }
}
