import { type WorkloadRef, workloadKey } from '../../core/identity.ts';
import type { Labels } from '../../core/kubernetes.ts';
import type { LabelChoice } from '../../core/settings.ts';
import type { Workload } from '../../core/workload.ts';
import { asLabels, caughtByAll, commonLabels, smallestSet, type Variant, variantsOf } from './label-set.ts';
import { sortedLabels } from './rule-peer.ts';
import { stableLabels } from '../evaluate/stable-labels.ts';

/** The labels that stand for a workload in a policy. */
export interface WorkloadSelector {
  /** Sorted by key; never empty. */
  readonly labels: Labels;
  /** Other workloads of the namespace that the labels match too, because none tells them apart. */
  readonly alsoSelects: readonly WorkloadRef[];
}

/** Finds for each workload the smallest set of stable labels that separates it from all others of its namespace. */
export class WorkloadSelectors {
  readonly #variants = new Map<string, readonly Variant<WorkloadRef>[]>();
  readonly #inNamespace = new Map<string, Variant<WorkloadRef>[]>();
  readonly #refs = new Map<string, WorkloadRef[]>();
  readonly #found = new Map<string, WorkloadSelector | null>();

  /** @param choice which label keys may be used */
  constructor(workloads: readonly Workload[], choice: LabelChoice) {
    for (const workload of workloads) {
      const { ref, pods, hasTemplate } = workload;
      // Of old ReplicaSets' pods too: mostly there is just one set.
      const ofPods = pods.map((pod) => pod.metadata.labels);
      const sets = hasTemplate ? [workload.labels, ...ofPods] : ofPods;
      const variants = variantsOf(
        ref,
        sets.map((labels) => stableLabels(labels, choice)),
      );
      this.#variants.set(workloadKey(ref), variants);
      const [inNamespace, refs] = [this.#inNamespace.get(ref.namespace), this.#refs.get(ref.namespace)];
      if (inNamespace === undefined || refs === undefined) {
        this.#inNamespace.set(ref.namespace, [...variants]);
        this.#refs.set(ref.namespace, [ref]);
      } else {
        inNamespace.push(...variants);
        refs.push(ref);
      }
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

  /** Every workload of a namespace. */
  inNamespace(namespace: string): readonly WorkloadRef[] {
    return this.#refs.get(namespace) ?? [];
  }

  /** The workloads of a namespace of which some pods have all of these labels. */
  matching(namespace: string, labels: Labels): readonly WorkloadRef[] {
    const caught = caughtByAll(Object.entries(labels), this.#inNamespace.get(namespace) ?? []);
    return [...new Set(caught.map((each) => each.of))];
  }

  #find(own: readonly Variant<WorkloadRef>[], inNamespace: readonly Variant<WorkloadRef>[]): WorkloadSelector | null {
    const labels = commonLabels(own);
    if (labels.length === 0) return null;
    const others = inNamespace.filter((each) => !own.includes(each));
    const chosen = smallestSet(labels, others);
    return {
      labels: sortedLabels(asLabels(chosen)),
      alsoSelects: [...new Set(caughtByAll(chosen, others).map((each) => each.of))],
    };
  }
}
