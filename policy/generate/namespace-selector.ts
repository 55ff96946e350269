import { type ClusterSnapshot, type Labels, namespaceLabels } from '../../core/kubernetes.ts';
import type { LabelChoice } from '../../core/settings.ts';
import { asLabels, caughtByAll, smallestSet, type Variant } from './label-set.ts';
import { sortedLabels } from './rule-peer.ts';
import { usableLabels } from '../evaluate/stable-labels.ts';

/** The labels that stand for a namespace in a policy. */
export interface NamespaceSelector {
  /** Sorted by key; never empty. */
  readonly labels: Labels;
  /** Other namespaces that the labels match too. */
  readonly alsoSelects: readonly string[];
}

/** Finds for each namespace the labels that separate it from all others: its name's, unless that may not be used. */
export class NamespaceSelectors {
  readonly #variants: ReadonlyMap<string, Variant<string>>;
  readonly #found = new Map<string, NamespaceSelector | null>();

  /** @param names of all namespaces, also of those of which no object is known. @param choice which keys may be used */
  constructor({ namespaces }: ClusterSnapshot, names: Iterable<string>, choice: LabelChoice) {
    const known = new Map(namespaces.map((each) => [each.metadata.name, each]));
    const all = [...new Set([...known.keys(), ...names])];
    this.#variants = new Map(
      all.map((name) => {
        const labels = usableLabels(namespaceLabels(name, known.get(name)), choice);
        return [name, { of: name, labels: new Map(labels) }];
      }),
    );
  }

  has(name: string): boolean {
    return this.#variants.has(name);
  }

  /** Null where none of its labels may be used. */
  of(name: string): NamespaceSelector | null {
    let selector = this.#found.get(name);
    if (selector === undefined) {
      selector = this.#find(name);
      this.#found.set(name, selector);
    }
    return selector;
  }

  #find(name: string): NamespaceSelector | null {
    const own = this.#variants.get(name);
    if (own === undefined || own.labels.size === 0) return null;
    const others = [...this.#variants.values()].filter((each) => each !== own);
    const chosen = smallestSet([...own.labels], others);
    return {
      labels: sortedLabels(asLabels(chosen)),
      alsoSelects: caughtByAll(chosen, others).map((each) => each.of),
    };
  }
}
