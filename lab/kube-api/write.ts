import { parse as parseYaml } from 'yaml';
import { type Fields, isFields } from '../../core/fields.ts';
import { admit } from './admission.ts';
import { applyTo, ownWritten } from './managed-fields.ts';
import { mergePatch, strategicMergePatch } from './merge-patch.ts';
import { isEnding, isOnNode, markEnding } from './pod-end.ts';
import { keyOf, type NewObject, type ObjectStore, type StoredObject } from './object-store.ts';
import type { Target } from './request.ts';
import { groupVersionOf } from './resources.ts';
import { failure, type Status } from './status.ts';

/** A request that changes something. */
export interface WriteRequest {
  readonly method: string;
  readonly target: Target;
  readonly query: URLSearchParams;
  readonly contentType: string;
  /** In front of the first slash of its User-Agent: who writes, where the query does not say. */
  readonly agent: string;
  readonly body: string;
}

export interface Answer {
  readonly code: number;
  readonly body: object;
}

/** Where an object is not what the schema of its kind says, a sentence each. */
export type SchemaCheck = (object: NewObject) => readonly string[];

interface DeleteOptions {
  readonly dryRun?: readonly string[];
  /** 0 for at once. */
  readonly gracePeriodSeconds?: number;
}

const refused = (status: Status): Answer => ({ code: status.code, body: status });

/** What a body says, as JSON or as YAML; undefined for what is no object. */
function read(body: string): Fields | undefined {
  try {
    const value: unknown = body.startsWith('{') ? JSON.parse(body) : parseYaml(body);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** An object in a body; null is how a client says that it says nothing. */
function parse(body: string): Fields | undefined {
  return withoutNulls(read(body)) as Fields | undefined;
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isFields(value)) return value;
  const set = Object.entries(value).filter(([, each]) => each !== null);
  return Object.fromEntries(set.map(([name, each]) => [name, withoutNulls(each)]));
}

/** The object with the place that its path gives it, or why it cannot be there. */
function placed(value: Fields | undefined, { resource, namespace, name }: Target): NewObject | Status {
  if (value === undefined) return failure(400, 'the body of the request could not be read');
  const {
    apiVersion = groupVersionOf(resource),
    kind = resource.kind,
    metadata = {},
    ...rest
  } = value as Partial<NewObject>;
  if (apiVersion !== groupVersionOf(resource) || kind !== resource.kind) {
    return failure(400, `the object provided is unrecognized: ${apiVersion} ${kind} is not ${resource.kind}`);
  }
  const given = metadata as Partial<NewObject['metadata']>;
  const own = given.name ?? name ?? '';
  if (own === '') return failure(422, `${kind} is invalid: metadata.name: Required value: name is required`);
  if (name !== null && own !== name)
    return failure(400, `the name of the object (${own}) does not match the name on the URL (${name})`);
  if (namespace !== null && (given.namespace ?? namespace) !== namespace) {
    return failure(400, 'the namespace of the provided object does not match the namespace sent on the request');
  }
  return { ...rest, apiVersion, kind, metadata: { ...given, name: own, ...(namespace === null ? {} : { namespace }) } };
}

function notFound({ resource, name }: Target): Status {
  const { group } = resource;
  return failure(404, `${resource.name}${group === '' ? '' : `.${group}`} "${name}" not found`);
}

/** Creates, replaces, changes and deletes the objects of a store, as clients ask for it. */
export class Writer {
  readonly #store: ObjectStore;
  readonly #check: SchemaCheck;
  readonly #hasKubelets: boolean;

  /** @param hasKubelets whether somebody ends the pods of nodes: those that are deleted stay until then */
  constructor(store: ObjectStore, check: SchemaCheck, hasKubelets: boolean) {
    this.#store = store;
    this.#check = check;
    this.#hasKubelets = hasKubelets;
  }

  write(request: WriteRequest): Answer {
    const { target, method } = request;
    const { resource, namespace, name } = target;
    if (name === null) {
      const isPlace = method === 'POST' && (namespace !== null || !resource.namespaced);
      return isPlace ? this.#create(request) : refused(failure(405, 'a collection as a whole is not written to'));
    }
    const live = this.#store.get(resource, `${namespace ?? ''}/${name}`);
    if (method === 'PATCH' && request.contentType === 'application/apply-patch+yaml') return this.#apply(live, request);
    if (live === null) return refused(notFound(target));
    if (method === 'DELETE') return this.#delete(live, request);
    const wanted = method === 'PUT' ? placed(parse(request.body), target) : this.#patched(live, request);
    if ('code' in wanted) return refused(wanted as Status);
    const version = wanted.metadata['resourceVersion'];
    if (version !== undefined && version !== live.metadata.resourceVersion) {
      const why = 'the object has been modified; please apply your changes to the latest version and try again';
      return refused(failure(409, `Operation cannot be fulfilled on ${resource.name} "${name}": ${why}`));
    }
    return this.#keep(live, wanted, request, 200);
  }

  #create(request: WriteRequest): Answer {
    const { target } = request;
    const object = placed(parse(request.body), target);
    if ('code' in object) return refused(object as Status);
    const wanted = object;
    if (this.#store.get(target.resource, keyOf(wanted)) !== null) {
      const message = `${target.resource.name} "${wanted.metadata.name}" already exists`;
      return refused({ ...failure(409, message), reason: 'AlreadyExists' });
    }
    return this.#keep(null, wanted, request, 201);
  }

  #patched(live: StoredObject, { contentType, body, target }: WriteRequest): NewObject | Status {
    const fields = read(body);
    if (fields === undefined) return failure(400, 'the patch could not be read');
    if (contentType === 'application/merge-patch+json') return mergePatch(live, fields) as NewObject;
    if (contentType === 'application/strategic-merge-patch+json' && !target.resource.custom) {
      return strategicMergePatch(live.kind, live, fields) as NewObject;
    }
    return failure(415, `the body of the request was in an unknown format: ${contentType}`);
  }

  #apply(live: StoredObject | null, request: WriteRequest): Answer {
    const wanted = placed(parse(request.body), request.target);
    if ('code' in wanted) return refused(wanted as Status);
    const manager = request.query.get('fieldManager');
    if (manager === null) return refused(failure(400, 'fieldManager is required for apply patch'));
    const faults = this.#check(wanted);
    if (faults.length > 0) return refused(badFields(wanted, faults));
    const applied = applyTo(live, wanted, manager, request.query.get('force') === 'true');
    if ('code' in applied) return refused(applied as Status);
    return this.#admit(live, applied, request, live === null ? 201 : 200);
  }

  /** Stores what a client wrote as a whole. */
  #keep(live: StoredObject | null, wanted: NewObject, request: WriteRequest, code: number): Answer {
    const faults = this.#check(wanted);
    if (faults.length > 0) return refused(badFields(wanted, faults));
    const name = request.query.get('fieldManager') ?? request.agent;
    return this.#admit(live, ownWritten(live, wanted, { name, operation: 'Update' }), request, code);
  }

  #admit(live: StoredObject | null, wanted: NewObject, { query }: WriteRequest, code: number): Answer {
    const admitted = admit(this.#store, live, wanted);
    if ('code' in admitted) return refused(admitted as Status);
    if (query.get('dryRun') === 'All') return { code, body: admitted };
    return { code, body: this.#store.set(admitted) };
  }

  #delete(live: StoredObject, { query, target, body }: WriteRequest): Answer {
    const options = parse(body === '' ? '{}' : body) as DeleteOptions | undefined;
    const isDry = query.get('dryRun') === 'All' || options?.dryRun?.includes('All') === true;
    const grace = options?.gracePeriodSeconds ?? null;
    if (!isDry && grace !== 0 && this.#hasKubelets && isOnNode(live)) {
      return { code: 200, body: isEnding(live) ? live : this.#store.set(markEnding(live, grace)) };
    }
    if (!isDry) this.#store.delete(live);
    const { name, uid } = live.metadata;
    const details = { name, group: target.resource.group, kind: target.resource.name, uid };
    return { code: 200, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details } };
  }
}

function badFields({ kind, apiVersion }: NewObject, faults: readonly string[]): Status {
  return failure(
    400,
    `${kind} in version "${apiVersion}" cannot be handled as a ${kind}: strict decoding error: ${faults.join(', ')}`,
  );
}
