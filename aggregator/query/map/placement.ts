import type { Address } from '../../../core/address.ts';
import { type Entity, entityKey, type WorkloadRef } from '../../../core/identity.ts';
import { outsideGroup } from './outside.ts';

/** The node of a map that an entity is part of. */
export interface Place {
  readonly id: string;
  readonly type: 'namespace' | Entity['type'];
  readonly label: string;
  /** Empty where it stands outside all namespaces. */
  readonly namespace: string;
  readonly workload: WorkloadRef | null;
}

/** How coarse a map is. */
export interface Folding {
  /** Namespaces that are shown by what lives in them; null for all. */
  readonly open: ReadonlySet<string> | null;
  /** Whether outside addresses and the cluster's nodes are one node each. */
  readonly outsideIsOne: boolean;
}

/** Says for each entity which node of a map it is part of. */
export class Placement {
  readonly #folding: Folding;
  readonly #names: ReadonlyMap<Address, string>;
  readonly #places = new Map<string, Place>();

  /** @param names of outside addresses */
  constructor(folding: Folding, names: ReadonlyMap<Address, string>) {
    this.#folding = folding;
    this.#names = names;
  }

  of(entity: Entity): Place {
    const key = entityKey(entity);
    let place = this.#places.get(key);
    if (place === undefined) {
      place = this.#place(entity);
      this.#places.set(key, place);
    }
    return place;
  }

  #place(entity: Entity): Place {
    const { outsideIsOne } = this.#folding;
    const outside = (id: string, label: string) =>
      ({ id, type: entity.type, label, namespace: '', workload: null }) as const;
    switch (entity.type) {
      case 'workload':
      case 'service': {
        const { namespace, name } = entity;
        if (!this.#isOpen(namespace)) return namespacePlace(namespace);
        const workload = entity.type === 'workload' ? { namespace, kind: entity.kind, name } : null;
        return { id: entityKey(entity), type: entity.type, label: name, namespace, workload };
      }
      case 'node':
        return outsideIsOne ? outside('node:*', 'nodes') : outside(entityKey(entity), entity.name);
      case 'external': {
        if (outsideIsOne) return outside('external:*', 'outside');
        const group = outsideGroup(entity, this.#names);
        return outside(`external:${group}`, group);
      }
      case 'unresolved':
        return outside(`unresolved:${entity.reason}`, entity.reason);
    }
  }

  #isOpen(namespace: string): boolean {
    return this.#folding.open?.has(namespace) ?? true;
  }
}

/** A namespace as one node. */
export function namespacePlace(namespace: string): Place {
  return { id: `namespace:${namespace}`, type: 'namespace', label: namespace, namespace, workload: null };
}
