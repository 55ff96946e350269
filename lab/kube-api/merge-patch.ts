import { dequal } from 'dequal';
import { isFields } from '../../core/fields.ts';
import { listKeysOf } from './list-keys.ts';

/** RFC 7386: null takes a field away, and lists are replaced whole. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const merged: Record<string, unknown> = isFields(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else merged[name] = mergePatch(merged[name], value);
  }
  return merged;
}

/** Items in the order that a patch wants; those that it does not name stay behind the one that they follow. */
function inOrder(items: readonly unknown[], order: readonly unknown[], key: string): unknown[] {
  const placeOf = (item: unknown) =>
    order.findIndex((each) => isFields(each) && isFields(item) && each[key] === item[key]);
  let last = -1;
  const places = items.map((item) => {
    const place = placeOf(item);
    last = place === -1 ? last + 0.001 : place;
    return { item, place: last };
  });
  return places.toSorted((a, b) => a.place - b.place).map(({ item }) => item);
}

function mergeList(
  kind: string,
  path: readonly string[],
  target: readonly unknown[],
  patch: readonly unknown[],
): unknown[] {
  const key = listKeysOf(kind, path)?.merge;
  if (key === undefined) return [...patch];
  const merged = [...target];
  for (const item of patch) {
    if (!isFields(item)) continue;
    const at = merged.findIndex((each) => isFields(each) && each[key] === item[key]);
    if (item['$patch'] === 'delete') {
      if (at !== -1) merged.splice(at, 1);
    } else if (at === -1) merged.push(strategicMergePatch(kind, {}, item, path));
    else merged[at] = strategicMergePatch(kind, merged[at], item, path);
  }
  return merged;
}

/**
 * A strategic merge patch: as a merge patch, but lists that are maps are merged item by item.
 * https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md
 */
export function strategicMergePatch(
  kind: string,
  target: unknown,
  patch: unknown,
  path: readonly string[] = [],
): unknown {
  if (!isFields(patch)) return patch;
  const { $patch: directive, $retainKeys: retained, ...fields } = patch;
  if (directive === 'replace') return fields;
  const merged: Record<string, unknown> = isFields(target) ? { ...target } : {};
  if (Array.isArray(retained))
    for (const name of Object.keys(merged)) if (!retained.includes(name)) delete merged[name];
  const orders: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    const [, order, removed] = /^\$(?:setElementOrder\/(.+)|deleteFromPrimitiveList\/(.+))$/.exec(name) ?? [];
    const inner = [...path, name];
    if (order !== undefined) orders[order] = value;
    else if (removed !== undefined) {
      const gone = value as readonly unknown[];
      merged[removed] = ((merged[removed] ?? []) as readonly unknown[]).filter(
        (item) => !gone.some((each) => dequal(each, item)),
      );
    } else if (value === null) delete merged[name];
    else if (Array.isArray(value)) {
      merged[name] = mergeList(kind, inner, (merged[name] ?? []) as readonly unknown[], value);
    } else merged[name] = strategicMergePatch(kind, merged[name], value, inner);
  }
  for (const [name, order] of Object.entries(orders)) {
    const key = listKeysOf(kind, [...path, name])?.merge;
    if (key !== undefined && Array.isArray(merged[name])) merged[name] = inOrder(merged[name], order as unknown[], key);
  }
  return merged;
}
