import type { EdgeId } from '../../core/edge.ts';
import { type Entity, namespaceOf } from '../../core/identity.ts';
import type { Scope } from '../../core/scope.ts';

/** An edge of the graph. */
export interface Entry {
  readonly id: EdgeId;
  readonly key: string;
  /** A small number that no other edge of the graph has. */
  readonly number: number;
  /** Of the lane that it got last. */
  slot: number;
}

function nameIn(entity: Entity): string {
  return entity.type === 'workload' ? `${entity.kind}/${entity.name}` : entity.type;
}

/** Finds edges by what is at their ends: by namespace, in it by workload. */
export class ScopeIndex {
  readonly #namespaces = new Map<string, Map<string, Set<Entry>>>();

  add(entry: Entry): void {
    for (const end of [entry.id.client, entry.id.server]) {
      const namespace = namespaceOf(end);
      if (namespace === null) continue;
      let names = this.#namespaces.get(namespace);
      if (names === undefined) this.#namespaces.set(namespace, (names = new Map()));
      const entries = names.get(nameIn(end));
      if (entries === undefined) names.set(nameIn(end), new Set([entry]));
      else entries.add(entry);
    }
  }

  delete(entry: Entry): void {
    for (const end of [entry.id.client, entry.id.server]) {
      const namespace = namespaceOf(end);
      if (namespace === null) continue;
      const names = this.#namespaces.get(namespace);
      const entries = names?.get(nameIn(end));
      entries?.delete(entry);
      if (entries?.size === 0) names?.delete(nameIn(end));
      if (names?.size === 0) this.#namespaces.delete(namespace);
    }
  }

  /** The edges of a scope, each once; null when the scope names nothing, so all are meant. */
  of({ namespace, workload }: Scope): Iterable<Entry> | null {
    if (workload !== null) {
      if (namespace !== null && namespace !== workload.namespace) return [];
      return this.#namespaces.get(workload.namespace)?.get(`${workload.kind}/${workload.name}`) ?? [];
    }
    if (namespace === null) return null;
    const found = new Set<Entry>();
    for (const entries of this.#namespaces.get(namespace)?.values() ?? []) for (const each of entries) found.add(each);
    return found;
  }
}
