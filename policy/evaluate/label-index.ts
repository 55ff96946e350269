import type { Labels, LabelSelector } from '../../core/kubernetes.ts';

/** A label as one text; no key holds a NUL. */
function textOf(key: string, value: string): string {
  return `${key}\0${value}`;
}

/** What an ipBlock demands of an address, as a text that no label has. */
export function blockText(cidr: string): string {
  return `\0${cidr}`;
}

/** What an end has of which the address is not known: any block may hold it. */
export const anyBlock = blockText('');

/** The labels as texts to look up in an index. */
export function labelTexts(labels: Labels): readonly string[] {
  return Object.entries(labels).map(([key, value]) => textOf(key, value));
}

/** A label that everything has that the selector selects; null where there is none. */
export function demandedLabel({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string | null {
  const [first] = Object.entries(matchLabels);
  if (first !== undefined) return textOf(...first);
  for (const { key, operator, values = [] } of matchExpressions) {
    const [only] = values;
    if (operator === 'In' && values.length === 1 && only !== undefined) return textOf(key, only);
  }
  return null;
}

/**
 * Finds what may match some labels without looking at the rest: by one label, or block of addresses, that each entry
 * demands.
 */
export class LabelIndex {
  readonly #demanding = new Map<string, number[]>();
  readonly #undemanding: number[] = [];

  /** @param entry a number; entries are added in ascending order */
  add(demanded: string | null, entry: number): void {
    const list = demanded === null ? this.#undemanding : this.#demanding.get(demanded);
    if (list === undefined) this.#demanding.set(demanded as string, [entry]);
    else if (list.at(-1) !== entry) list.push(entry);
  }

  /** The entries that may match, ascending and each once. */
  candidates(labels: readonly string[]): readonly number[] {
    let found: readonly number[] = this.#undemanding;
    for (const label of labels) {
      const list = this.#demanding.get(label);
      if (list !== undefined) found = found.length === 0 ? list : merged(found, list);
    }
    return found;
  }
}

/** Two ascending lists as one. */
function merged(a: readonly number[], b: readonly number[]): number[] {
  const all: number[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [left, right] = [a[i] ?? Infinity, b[j] ?? Infinity];
    all.push(Math.min(left, right));
    if (left <= right) i++;
    if (right <= left) j++;
  }
  return all;
}
