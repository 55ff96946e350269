import { groupBy } from '../app/group-by.ts';
import type { Row } from './rows.ts';

export const columns = [
  'own',
  'peer',
  'peerNamespace',
  'peerKind',
  'port',
  'firstSeenUnixMs',
  'lastSeenUnixMs',
  'connections',
  'bytes',
  'verdict',
] as const;
export type Column = (typeof columns)[number];

export const groupings = ['peerNamespace', 'peerKind', 'own', 'port', 'verdict'] as const;
export type Grouping = (typeof groupings)[number];

const compare = new Intl.Collator('en', { numeric: true }).compare;

function compareBy(column: Column): (a: Row, b: Row) => number {
  if (column === 'port') return (a, b) => a.portNumber - b.portNumber || compare(a.protocol, b.protocol);
  return (a, b) => {
    const [x, y] = [a[column], b[column]];
    return typeof x === 'number' && typeof y === 'number' ? x - y : compare(String(x), String(y));
  };
}

/** Reads `-bytes`: a column, with - in front for the most first; bytes for anything else. */
export function parseSort(text: string): { readonly column: Column; readonly descending: boolean } {
  const descending = text.startsWith('-');
  const column = columns.find((each) => each === text.slice(descending ? 1 : 0));
  return column === undefined ? { column: 'bytes', descending: true } : { column, descending };
}

/** Rows that are equal in the column are sorted by their id, so that the order is always the same. */
export function sorted(rows: readonly Row[], sort: string): Row[] {
  const { column, descending } = parseSort(sort);
  const by = compareBy(column);
  return rows.toSorted((a, b) => (descending ? by(b, a) : by(a, b)) || (a.id < b.id ? -1 : 1));
}

/** Rows of which some text holds all words. */
export function matching(rows: readonly Row[], search: string): readonly Row[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return rows;
  return rows.filter((row) => {
    const text = [
      row.own,
      row.ownNamespace,
      row.peer,
      row.peerNamespace,
      row.peerKind,
      row.port,
      row.services,
      row.verdict,
      row.reason,
    ];
    const whole = text.join('\n').toLowerCase();
    return words.every((word) => whole.includes(word));
  });
}

/** What a table shows one below the other: rows, and above each group its name. */
export type Line =
  | { readonly type: 'row'; readonly row: Row }
  | { readonly type: 'group'; readonly label: string; readonly rows: readonly Row[] };

/** Groups come by name, rows in a group in the order that they have. */
export function linesOf(rows: readonly Row[], group: string): Line[] {
  const grouping = groupings.find((each) => each === group);
  if (grouping === undefined) return rows.map((row) => ({ type: 'row', row }));
  const groups = [...groupBy(rows, (row) => row[grouping])].toSorted(([a], [b]) => compare(a, b));
  return groups.flatMap(([label, members]): Line[] => [
    { type: 'group', label: label === '' ? 'Outside all namespaces' : label, rows: members },
    ...members.map((row): Line => ({ type: 'row', row })),
  ]);
}

/** Rows in the order that a person reads, and those that came since. */
export interface Reading {
  readonly rows: readonly Row[];
  readonly fresh: readonly Row[];
}

/**
 * Keeps the order of what a person reads while new data comes: known rows stay where they are, with what is new about
 * them; rows that came since wait until they are asked for.
 * @param order ids as they were shown; null when nothing was
 */
export function keepOrder(rows: readonly Row[], order: readonly string[] | null): Reading {
  if (order === null) return { rows, fresh: [] };
  const place = new Map(order.map((id, index) => [id, index]));
  const known = rows.filter(({ id }) => place.has(id));
  known.sort((a, b) => (place.get(a.id) ?? 0) - (place.get(b.id) ?? 0));
  return { rows: known, fresh: rows.filter(({ id }) => !place.has(id)) };
}
