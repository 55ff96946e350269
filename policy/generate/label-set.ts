import type { Labels } from '../../core/kubernetes.ts';
import type { Label } from '../evaluate/stable-labels.ts';

/** Labels that some instances of a thing have, such as some pods of a workload. */
export interface Variant<Thing> {
  readonly of: Thing;
  readonly labels: ReadonlyMap<string, string>;
}

/** Sets of more labels than this are not tried one by one: three have been enough wherever labels are given by people. */
const maxTried = 3;
/** So many labels at most are tried in every combination, which bounds the search to some 700 sets. */
const maxCandidates = 16;

/** One variant for each different set of labels. */
export function variantsOf<Thing>(of: Thing, sets: readonly (readonly Label[])[]): Variant<Thing>[] {
  const distinct = new Map(sets.map((labels) => [JSON.stringify(labels), labels]));
  return Array.from(distinct.values(), (labels) => ({ of, labels: new Map(labels) }));
}

/** In the order of the first variant. */
export function commonLabels([first, ...others]: readonly Variant<unknown>[]): Label[] {
  return [...(first?.labels ?? [])].filter(([key, value]) => others.every(({ labels }) => labels.get(key) === value));
}

function caughtBy<Thing>([key, value]: Label, others: readonly Variant<Thing>[]): Variant<Thing>[] {
  return others.filter(({ labels }) => labels.get(key) === value);
}

/** Those that have all of the labels. */
export function caughtByAll<Thing>(
  labels: readonly Label[],
  others: readonly Variant<Thing>[],
): readonly Variant<Thing>[] {
  return labels.reduce((left, label) => caughtBy(label, left), others);
}

/** The first set of `size` labels, in the order of `labels`, that catches no more than `unavoidable` others. */
function firstSet(
  size: number,
  labels: readonly Label[],
  others: readonly Variant<unknown>[],
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
function withoutNeedless(labels: readonly Label[], others: readonly Variant<unknown>[], unavoidable: number): Label[] {
  let kept = [...labels];
  for (const label of labels.toReversed()) {
    const fewer = kept.filter((each) => each !== label);
    const caught = caughtByAll(fewer, others);
    if (fewer.length > 0 && caught.length === unavoidable) kept = fewer;
  }
  return kept;
}

/** The smallest set of the labels that catches as few of the others as all of the labels do; the most telling first. */
export function smallestSet(labels: readonly Label[], others: readonly Variant<unknown>[]): Label[] {
  const unavoidable = caughtByAll(labels, others).length;
  const candidates = labels.slice(0, maxCandidates);
  for (let size = 1; size <= Math.min(maxTried, candidates.length); size++) {
    const found = firstSet(size, candidates, others, unavoidable);
    if (found !== null) return found;
  }
  return withoutNeedless(labels, others, unavoidable);
}

export function asLabels(labels: readonly Label[]): Labels {
  return Object.fromEntries(labels);
}
