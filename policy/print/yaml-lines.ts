import { readDocuments } from '../../core/manifest-document.ts';
import type { PolicyPath } from '../evaluate/place.ts';

/** Lines of a text, from 1, both inclusive. */
export interface LineSpan {
  readonly first: number;
  readonly last: number;
}

/** Where in the YAML of one object a value is written; of its nearest parent where the value is missing. Null for no YAML. */
export function linesIn(yaml: string, path: PolicyPath): LineSpan | null {
  const [document] = readDocuments(yaml);
  if (document === undefined || !('fields' in document)) return null;
  return { first: document.lineOf(path), last: document.lastLineOf(path) };
}
