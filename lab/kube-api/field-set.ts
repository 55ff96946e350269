import { type Fields, isFields } from '../../core/fields.ts';
import { listKeysOf } from './list-keys.ts';

/** From the object to a field, in the words of FieldsV1: `f:spec`, `k:{"name":"agent"}`. */
type FieldPath = readonly string[];

/** Fields of an object, as server-side apply says who owns them. */
export type FieldSet = ReadonlyMap<string, FieldPath>;

/** What everybody who writes an object gives, and the server itself fills in: owned by nobody. */
const unowned =
  /^f:(apiVersion|kind|metadata f:(name|namespace|uid|resourceVersion|generation|creationTimestamp|managedFields))( |$)/;

/** The element of a path for an item of a list that is a map. */
export function itemKey(item: unknown, { apply, defaults = {} }: NonNullable<ReturnType<typeof listKeysOf>>): string {
  const fields = isFields(item) ? item : {};
  return `k:${JSON.stringify(Object.fromEntries(apply.map((name) => [name, fields[name] ?? defaults[name]])))}`;
}

/** What lies under a value: fields by `f:`, items of lists that are maps by `k:`; null for what is one value. */
function childrenOf(
  kind: string,
  value: unknown,
  names: readonly string[],
): [element: string, child: unknown][] | null {
  if (isFields(value)) return Object.entries(value).map(([name, child]) => [`f:${name}`, child]);
  const keys = Array.isArray(value) ? listKeysOf(kind, names) : null;
  return keys === null ? null : (value as unknown[]).map((item) => [itemKey(item, keys), item]);
}

function collect(
  kind: string,
  value: unknown,
  names: readonly string[],
  path: FieldPath,
  into: Map<string, FieldPath>,
): void {
  const children = childrenOf(kind, value, names);
  const isItem = path.at(-1)?.startsWith('k:') === true;
  if ((isItem || children === null || children.length === 0) && !unowned.test(path.join(' ')))
    into.set(JSON.stringify(path), path);
  for (const [element, child] of children ?? []) {
    collect(kind, child, element.startsWith('f:') ? [...names, element.slice(2)] : names, [...path, element], into);
  }
}

/** Every field that a value of a kind sets, by its last part that is a value; items of lists by themselves too. */
export function fieldsIn(kind: string, object: object): FieldSet {
  const found = new Map<string, FieldPath>();
  collect(kind, object, [], [], found);
  return found;
}

/** What stands at a path; undefined where nothing does. */
export function valueAt(kind: string, object: unknown, path: FieldPath): unknown {
  const names: string[] = [];
  let value = object;
  for (const element of path) {
    value = childrenOf(kind, value, names)?.find(([each]) => each === element)?.[1];
    if (element.startsWith('f:')) names.push(element.slice(2));
  }
  return value;
}

/** A value without what stands at a path, and without what is empty by that. */
export function removeAt(kind: string, value: unknown, path: FieldPath, names: readonly string[] = []): unknown {
  const [element = '', ...rest] = path;
  const inner = element.startsWith('f:') ? [...names, element.slice(2)] : names;
  const children = childrenOf(kind, value, names);
  if (children === null) return value;
  const left = children.flatMap(([each, child]): [string, unknown][] => {
    if (each !== element) return [[each, child]];
    const kept = rest.length === 0 ? undefined : removeAt(kind, child, rest, inner);
    return kept === undefined ? [] : [[each, kept]];
  });
  if (left.length === 0) return undefined;
  return Array.isArray(value)
    ? left.map(([, child]) => child)
    : Object.fromEntries(left.map(([each, child]) => [each.slice(2), child]));
}

/** In the form of metadata.managedFields. */
export function toFieldsV1(set: FieldSet): Fields {
  const root: Record<string, unknown> = {};
  for (const path of set.values()) {
    let at = root;
    for (const element of path) at = (at[element] ??= {}) as Record<string, unknown>;
    if (path.at(-1)?.startsWith('k:') === true) at['.'] = {};
  }
  return root;
}

export function fromFieldsV1(root: unknown): FieldSet {
  const found = new Map<string, FieldPath>();
  const walk = (at: unknown, path: FieldPath) => {
    const entries = isFields(at) ? Object.entries(at) : [];
    if (entries.length === 0 || entries.some(([element]) => element === '.')) found.set(JSON.stringify(path), path);
    for (const [element, child] of entries) if (element !== '.') walk(child, [...path, element]);
  };
  walk(root, []);
  return found;
}
