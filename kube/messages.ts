import { type Fields, isFields } from '../core/fields.ts';

/** By what an object is known among those of its kind. */
export interface ObjectName {
  /** Empty outside of namespaces. */
  readonly namespace: string;
  readonly name: string;
}

/** `namespace/name`, with nothing before the slash outside of namespaces. */
export function objectKey({ namespace, name }: ObjectName): string {
  return `${namespace}/${name}`;
}

/** An object as the API gave it, with what every object is known by. */
export interface ListedObject extends ObjectName {
  /** Empty when it has none. */
  readonly resourceVersion: string;
  readonly value: unknown;
}

export interface Page {
  readonly resourceVersion: string;
  /** Null on the last page. */
  readonly continueToken: string | null;
  readonly items: readonly ListedObject[];
}

export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; readonly item: ListedObject }
  | { readonly type: 'ERROR'; readonly status: unknown };

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function metadataOf(value: unknown): Fields {
  const metadata = isFields(value) ? value['metadata'] : undefined;
  return isFields(metadata) ? metadata : {};
}

function itemOf(value: unknown): ListedObject {
  const { namespace, name, resourceVersion } = metadataOf(value);
  return { namespace: textOf(namespace), name: textOf(name), resourceVersion: textOf(resourceVersion), value };
}

/** Null when it is no list. */
export function readPage(body: unknown): Page | null {
  if (!isFields(body)) return null;
  const { resourceVersion, continue: token } = metadataOf(body);
  // An empty list may be written as null.
  const items: unknown = body['items'] ?? [];
  if (!Array.isArray(items) || textOf(resourceVersion) === '') return null;
  return {
    resourceVersion: textOf(resourceVersion),
    continueToken: textOf(token) || null,
    items: items.map(itemOf),
  };
}

/** Null when the line is no event that is known. */
export function readEvent(line: string): WatchEvent | null {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch {
    return null;
  }
  if (!isFields(event)) return null;
  const { type, object } = event;
  if (type === 'ERROR') return { type, status: object };
  if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED' || type === 'BOOKMARK') {
    return { type, item: itemOf(object) };
  }
  return null;
}
