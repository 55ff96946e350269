import { type ApiResource, groupVersionOf, resourceOf } from './resources.ts';

/** An object as the server holds it: never changed, only replaced. */
export interface StoredObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** What may be put into the store, which gives it a version. */
export interface NewObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    /** Made up when absent. */
    readonly uid?: string;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** One change of one object. `before` is null for a new one, `after` for one that was deleted. */
export interface StoredChange {
  readonly version: number;
  readonly resource: ApiResource;
  readonly key: string;
  readonly before: StoredObject | null;
  readonly after: StoredObject | null;
}

/** `namespace/name`, in whose order lists are. */
export function keyOf({ metadata }: NewObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

function pathOf(resource: ApiResource): string {
  return `${groupVersionOf(resource)}/${resource.name}`;
}

/** Objects with one counter of versions for all, and the changes that are remembered for watches. */
export class ObjectStore {
  readonly #objects = new Map<string, Map<string, StoredObject>>();
  readonly #listeners = new Set<(change: StoredChange) => void>();
  readonly #historyLength: number;
  #history: StoredChange[] = [];
  #version: number;
  #compacted: number;

  /**
   * @param firstVersion where versions begin: above those of an earlier start, whose versions are then too old
   * @param historyLength how many changes are remembered
   */
  constructor(firstVersion: number, historyLength: number) {
    this.#version = firstVersion;
    this.#compacted = firstVersion - 1;
    this.#historyLength = historyLength;
  }

  /** The version of the latest change. */
  get version(): number {
    return this.#version;
  }

  /** Versions below this one are forgotten. */
  get oldestVersion(): number {
    return this.#compacted + 1;
  }

  onChange(listener: (change: StoredChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Makes or replaces an object. @throws Error for a kind that no resource here has */
  set(object: NewObject): StoredObject {
    const resource = this.#resourceOf(object);
    const of = this.#of(resource);
    const key = keyOf(object);
    const before = of.get(key) ?? null;
    const version = ++this.#version;
    const uid = object.metadata.uid ?? before?.metadata.uid ?? `uid-${version}`;
    const metadata = { ...object.metadata, uid, resourceVersion: String(version) };
    const after: StoredObject = { ...object, metadata };
    of.set(key, after);
    this.#tell({ version, resource, key, before, after });
    return after;
  }

  /** @returns whether there was such an object */
  delete(object: NewObject): boolean {
    const resource = this.#resourceOf(object);
    const of = this.#of(resource);
    const key = keyOf(object);
    const before = of.get(key);
    if (before === undefined) return false;
    of.delete(key);
    this.#tell({ version: ++this.#version, resource, key, before, after: null });
    return true;
  }

  get(resource: ApiResource, key: string): StoredObject | null {
    return this.#of(resource).get(key) ?? null;
  }

  /** All objects of all resources. */
  all(): StoredObject[] {
    return [...this.#objects.values()].flatMap((of) => [...of.values()]);
  }

  /** What there was at a version, sorted by key; null when that is forgotten. */
  listAt(resource: ApiResource, version: number): [key: string, object: StoredObject][] | null {
    if (version < this.oldestVersion) return null;
    const state = new Map(this.#of(resource));
    for (const change of this.#history.toReversed()) {
      if (change.version <= version) break;
      if (change.resource !== resource) continue;
      if (change.before === null) state.delete(change.key);
      else state.set(change.key, change.before);
    }
    return [...state].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** The changes after a version; null when some of them are forgotten. */
  changesAfter(resource: ApiResource, version: number): StoredChange[] | null {
    if (version < this.oldestVersion) return null;
    return this.#history.filter((change) => change.version > version && change.resource === resource);
  }

  /** Forgets every version before the present one, as etcd does every five minutes. */
  compact(): void {
    // What is told anew always has a version of its own: the one that clients know becomes too old.
    this.#compacted = this.#version++;
    this.#history = [];
  }

  #tell(change: StoredChange): void {
    this.#history.push(change);
    // Dropped in pieces: shifting a long array for each change would take longer than the change.
    if (this.#history.length > this.#historyLength * 2) {
      const dropped = this.#history.splice(0, this.#history.length - this.#historyLength);
      this.#compacted = dropped.at(-1)?.version ?? this.#compacted;
    }
    for (const listener of this.#listeners) listener(change);
  }

  #resourceOf({ apiVersion, kind, metadata }: NewObject): ApiResource {
    const resource = resourceOf(apiVersion, kind);
    if (resource === null) throw new Error(`${apiVersion} ${kind} ${metadata.name}: no such resource is known`);
    return resource;
  }

  #of(resource: ApiResource): Map<string, StoredObject> {
    const path = pathOf(resource);
    const known = this.#objects.get(path);
    if (known !== undefined) return known;
    const added = new Map<string, StoredObject>();
    this.#objects.set(path, added);
    return added;
  }
}
