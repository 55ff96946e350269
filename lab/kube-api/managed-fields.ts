import { dequal } from 'dequal';
import { type Fields, isFields } from '../../core/fields.ts';
import { type FieldSet, fieldsIn, fromFieldsV1, itemKey, removeAt, toFieldsV1, valueAt } from './field-set.ts';
import { listKeysOf } from './list-keys.ts';
import type { NewObject } from './object-store.ts';
import { failure, type Status } from './status.ts';

/** Who wrote some fields, and how: what was applied is taken away again when it is applied no more. */
export interface Manager {
  readonly name: string;
  readonly operation: 'Apply' | 'Update';
}

interface Owned extends Manager {
  readonly fields: FieldSet;
}

function ownersOf({ metadata }: NewObject): Owned[] {
  const entries = Array.isArray(metadata['managedFields']) ? (metadata['managedFields'] as readonly Fields[]) : [];
  return entries.map(({ manager, operation, fieldsV1 }) => ({
    name: String(manager),
    operation: operation === 'Apply' ? 'Apply' : 'Update',
    fields: fromFieldsV1(fieldsV1),
  }));
}

const isSame = (a: Manager, b: Manager) => a.name === b.name && a.operation === b.operation;

function without(set: FieldSet, taken: FieldSet): FieldSet {
  return new Map([...set].filter(([key]) => !taken.has(key)));
}

function withOwners(object: NewObject, owners: readonly Owned[]): NewObject {
  const { apiVersion } = object;
  const managedFields = owners
    .filter(({ fields }) => fields.size > 0)
    .map(({ name, operation, fields }) => ({
      manager: name,
      operation,
      apiVersion,
      time: new Date().toISOString().replace(/\.\d+/, ''),
      fieldsType: 'FieldsV1',
      fieldsV1: toFieldsV1(fields),
    }));
  return { ...object, metadata: { ...object.metadata, managedFields } };
}

/** An object that was made or changed as a whole: what is new or other in it is now the writer's. */
export function ownWritten(before: NewObject | null, after: NewObject, manager: Manager): NewObject {
  const { kind } = after;
  const present = fieldsIn(kind, after);
  const changed: FieldSet = new Map(
    [...present].filter(
      ([, path]) => before === null || !dequal(valueAt(kind, before, path), valueAt(kind, after, path)),
    ),
  );
  const owners = before === null ? [] : ownersOf(before);
  const others = owners.map((owner) => {
    const still = new Map([...owner.fields].filter(([key]) => present.has(key)));
    return { ...owner, fields: isSame(owner, manager) ? still : without(still, changed) };
  });
  const own = others.find((owner) => isSame(owner, manager)) ?? { ...manager, fields: new Map() };
  const rest = others.filter((owner) => owner !== own);
  return withOwners(after, [...rest, { ...own, fields: new Map([...own.fields, ...changed]) }]);
}

/** Whether a field is one by which its item is told from others: it goes with the item only. */
function tellsItem(path: readonly string[]): boolean {
  const [item = '', field = ''] = path.slice(-2);
  return item.startsWith('k:') && field.slice(2) in (JSON.parse(item.slice(2)) as object);
}

function merged(kind: string, live: unknown, wanted: unknown, names: readonly string[]): unknown {
  if (isFields(wanted)) {
    const result: Record<string, unknown> = isFields(live) ? { ...live } : {};
    for (const [name, value] of Object.entries(wanted))
      result[name] = merged(kind, result[name], value, [...names, name]);
    return result;
  }
  const keys = Array.isArray(wanted) ? listKeysOf(kind, names) : null;
  if (keys === null || !Array.isArray(live)) return wanted;
  const items = new Map(live.map((item) => [itemKey(item, keys), item as unknown]));
  for (const item of wanted as readonly unknown[]) {
    const key = itemKey(item, keys);
    items.set(key, merged(kind, items.get(key), item, names));
  }
  return [...items.values()];
}

/**
 * Server-side apply (https://kubernetes.io/docs/reference/using-api/server-side-apply/): what is wanted is merged into
 * what there is, and what the manager applied before and wants no more is taken away.
 * @param force takes from others what they own, where a conflict would be the answer
 */
export function applyTo(live: NewObject | null, wanted: NewObject, name: string, force: boolean): NewObject | Status {
  const manager: Manager = { name, operation: 'Apply' };
  const { kind } = wanted;
  const fields = fieldsIn(kind, wanted);
  if (live === null) return withOwners(wanted, [{ ...manager, fields }]);
  const owners = ownersOf(live);
  const others = owners.filter((owner) => !isSame(owner, manager));
  const differs = (path: readonly string[]) =>
    path.at(-1)?.startsWith('k:') !== true && !dequal(valueAt(kind, live, path), valueAt(kind, wanted, path));
  const taken: FieldSet = new Map([...fields].filter(([, path]) => differs(path)));
  const conflicts = others.flatMap((owner) =>
    [...owner.fields]
      .filter(([key]) => taken.has(key))
      .map(([, path]) => `conflict with "${owner.name}": ${path.join('')}`),
  );
  if (conflicts.length > 0 && !force) {
    return failure(
      409,
      `Apply failed with ${conflicts.length} conflict${conflicts.length > 1 ? 's' : ''}: ${conflicts.join('; ')}`,
    );
  }
  const left = others.map((owner) => ({ ...owner, fields: without(owner.fields, taken) }));
  const before = owners.find((owner) => isSame(owner, manager))?.fields ?? new Map();
  const gone = [...without(before, fields).values()].filter(
    (path) => !tellsItem(path) && !left.some((owner) => owner.fields.has(JSON.stringify(path))),
  );
  let result: unknown = merged(kind, live, wanted, []);
  for (const path of gone) result = removeAt(kind, result, path);
  return withOwners(result as NewObject, [...left, { ...manager, fields }]);
}
