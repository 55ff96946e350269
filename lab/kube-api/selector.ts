import type { StoredObject } from './object-store.ts';

export type Matches = (object: StoredObject) => boolean;

const fields: Readonly<Record<string, (object: StoredObject) => unknown>> = {
  'metadata.name': ({ metadata }) => metadata.name,
  'metadata.namespace': ({ metadata }) => metadata.namespace ?? '',
  'spec.nodeName': ({ spec }) => (spec as { nodeName?: string } | undefined)?.nodeName ?? '',
};

/** Reads `spec.nodeName=n1,metadata.name!=x`; null for a field that cannot be selected by. */
export function fieldSelector(text: string): Matches | null {
  const terms: Matches[] = [];
  for (const term of text.split(',').filter((each) => each !== '')) {
    const [, name = '', operator, value] = /^([^!=]+)(!=|==?)(.*)$/.exec(term) ?? [];
    const read = fields[name];
    if (read === undefined) return null;
    terms.push((object) => (read(object) === value) === (operator !== '!='));
  }
  return (object) => terms.every((term) => term(object));
}

function labelTerm(text: string): Matches | null {
  const set = /^([^\s!=]+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(text);
  if (set !== null) {
    const [, key = '', operator, list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    return ({ metadata }) => values.includes(metadata.labels?.[key] ?? '\0') === (operator === 'in');
  }
  const equal = /^([^\s!=]+)\s*(!=|==?)\s*([^\s!=]*)$/.exec(text);
  if (equal !== null) {
    const [, key = '', operator, value] = equal;
    return ({ metadata }) => (metadata.labels?.[key] === value) === (operator !== '!=');
  }
  const [, absent, key = ''] = /^(!?)([^\s!=]+)$/.exec(text) ?? [];
  if (key === '') return null;
  return ({ metadata }) => (metadata.labels?.[key] === undefined) === (absent === '!');
}

/** Reads `app=cart,tier in (a,b),!canary`; null when it is none. */
export function labelSelector(text: string): Matches | null {
  const texts = text.split(/,(?![^(]*\))/).filter((each) => each.trim() !== '');
  const terms = texts.map((each) => labelTerm(each.trim()));
  if (terms.includes(null)) return null;
  return (object) => terms.every((term) => term?.(object));
}
