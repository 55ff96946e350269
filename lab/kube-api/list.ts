import { type ObjectStore, type StoredObject } from './object-store.ts';
import { matcherOf, type Target } from './request.ts';
import { groupVersionOf } from './resources.ts';
import { failure, type Status, tooLarge } from './status.ts';

/** Where a list goes on: what stood at a version, from the first key after this one. */
interface Continuation {
  readonly version: number;
  readonly after: string;
}

/** Stands in a token for the state at the time of the next request. */
const nextState = -1;

function tokenOf(continuation: Continuation): string {
  return Buffer.from(JSON.stringify(continuation)).toString('base64url');
}

function readToken(token: string): Continuation | null {
  try {
    const { version, after } = JSON.parse(Buffer.from(token, 'base64url').toString()) as Partial<Continuation>;
    return typeof version === 'number' && typeof after === 'string' ? { version, after } : null;
  } catch {
    return null;
  }
}

const expiredMessage =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without ' +
  'the continue parameter, or use the continue token in this response to retrieve the remainder of the results. ' +
  'Continuing with the provided token results in an inconsistent list - objects that were created, modified, or ' +
  'deleted between the time the first chunk was returned and now may show up in the list.';

/** The state that a query asks for, or why it cannot be had. */
function pointOf(store: ObjectStore, query: URLSearchParams): Continuation | Status {
  const token = query.get('continue') ?? '';
  const asked = query.get('resourceVersion') ?? '';
  const match = query.get('resourceVersionMatch') ?? '';
  if (token !== '') {
    const point = readToken(token);
    if (point === null) return failure(400, 'continue key is not valid');
    if (asked !== '') return failure(400, 'specifying resource version is not allowed when using continue');
    if (point.version === nextState) return { ...point, version: store.version };
    if (point.version >= store.oldestVersion) return point;
    return failure(410, expiredMessage, { continue: tokenOf({ ...point, version: nextState }) });
  }
  if (match !== '' && asked === '')
    return failure(422, 'resourceVersionMatch is forbidden unless resourceVersion is provided');
  if (!/^\d*$/.test(asked)) return failure(400, `invalid resource version "${asked}"`);
  if (Number(asked) > store.version) return tooLarge(asked, store.version);
  if (match !== 'Exact') return { version: store.version, after: '' };
  if (Number(asked) >= store.oldestVersion) return { version: Number(asked), after: '' };
  return failure(410, `The provided resource version is not available: ${asked}`);
}

/** Lists of built-in kinds do not repeat in every item what the list says. */
function asItem(custom: boolean, object: StoredObject): object {
  if (custom) return object;
  const { apiVersion: _, kind: __, ...item } = object;
  return item;
}

/** Answers a list, one page of it when it was limited. */
export function listObjects(store: ObjectStore, target: Target, query: URLSearchParams): object {
  const matches = matcherOf(target, query);
  if (typeof matches === 'string') return failure(400, matches);
  const point = pointOf(store, query);
  if ('code' in point) return point;
  const { resource } = target;
  const all = store.listAt(resource, point.version) ?? [];
  const rest = all.filter(([key, object]) => key > point.after && matches(object));
  // What is served from the cache is served whole.
  const limit = query.get('resourceVersion') === '0' ? 0 : Number(query.get('limit') ?? 0);
  const page = limit > 0 ? rest.slice(0, limit) : rest;
  const last = page.at(-1);
  const isCut = page.length < rest.length && last !== undefined;
  const selects = (query.get('fieldSelector') ?? '') + (query.get('labelSelector') ?? '') !== '';
  return {
    kind: `${resource.kind}List`,
    apiVersion: groupVersionOf(resource),
    metadata: {
      resourceVersion: String(point.version),
      ...(isCut ? { continue: tokenOf({ version: point.version, after: last[0] }) } : {}),
      ...(isCut && !selects ? { remainingItemCount: rest.length - page.length } : {}),
    },
    items: page.map(([, object]) => asItem(resource.custom, object)),
  };
}
