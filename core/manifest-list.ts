import { isFields } from './fields.ts';
import type { Path } from './manifest-document.ts';

/** One object of a document that may hold a List, and where in the document it is. */
export interface ManifestItem {
  readonly value: unknown;
  readonly path: Path;
}

/** Unfolds `kind: List` (and `kind: PodList` and the like); items may lack the kind that their list implies. */
export function unfoldLists(value: unknown, path: Path = []): ManifestItem[] {
  if (!isFields(value)) return [{ value, path }];
  const { kind, items } = value;
  if (typeof kind !== 'string' || !kind.endsWith('List') || !Array.isArray(items)) return [{ value, path }];
  const implied = kind === 'List' ? {} : { kind: kind.slice(0, -'List'.length), apiVersion: value['apiVersion'] };
  return items.flatMap((item: unknown, index) =>
    unfoldLists(isFields(item) ? { ...implied, ...item } : item, [...path, 'items', index]),
  );
}
