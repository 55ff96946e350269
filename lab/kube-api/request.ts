import type { StoredObject } from './object-store.ts';
import { type ApiResource, groupVersionOf, knownResources } from './resources.ts';
import { fieldSelector, labelSelector, type Matches } from './selector.ts';

/** What a path names: a collection, of one namespace or of all, or one object of it. */
export interface Target {
  readonly resource: ApiResource;
  /** Null for all namespaces, and for resources outside them. */
  readonly namespace: string | null;
  /** Null for the collection. */
  readonly name: string | null;
  /** What is asked of an object beside itself: `log`, `token`; null for the object. */
  readonly subresource: string | null;
}

const path = /^\/(?:api|apis\/([^/]+))\/([^/]+)(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+)(?:\/([^/]+))?)?$/;

/** Null when no resource has such a path. */
export function targetOf(pathname: string): Target | null {
  const find = (group: string, version: string, name: string) =>
    knownResources.find((each) => each.name === name && groupVersionOf(each) === groupVersionOf({ group, version }));
  // A namespace itself looks like a namespace of something: /api/v1/namespaces/shop.
  const own = /^\/api\/v1\/namespaces\/([^/]+)$/.exec(pathname);
  const [, group = '', version = '', namespace = null, plural = '', name = null, subresource = null] =
    path.exec(pathname) ?? [];
  const resource = own === null ? find(group, version, plural) : find('', 'v1', 'namespaces');
  if (resource === undefined || (own === null && namespace !== null && !resource.namespaced)) return null;
  if (own !== null) return { resource, namespace: null, name: own[1] ?? null, subresource: null };
  return { resource, namespace, name, subresource };
}

const verbs: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

/** What a request does, as rights name it. */
export function verbOf(method: string, { name }: Target, isWatch: boolean): string {
  return verbs[method] ?? (isWatch ? 'watch' : name === null ? 'list' : 'get');
}

/** Which objects of a collection were asked for, or what is wrong with the selectors. */
export function matcherOf({ resource, namespace }: Target, query: URLSearchParams): Matches | string {
  const byField = fieldSelector(query.get('fieldSelector') ?? '');
  if (byField === null) return `field label not supported for ${resource.kind}: ${query.get('fieldSelector')}`;
  const byLabel = labelSelector(query.get('labelSelector') ?? '');
  if (byLabel === null) return `unable to parse requirement: ${query.get('labelSelector')}`;
  return (object: StoredObject) =>
    (namespace === null || object.metadata.namespace === namespace) && byField(object) && byLabel(object);
}
