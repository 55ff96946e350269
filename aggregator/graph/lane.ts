import { LRUCache } from 'lru-cache';
import { type EdgeId, edgeKey } from '../../core/edge.ts';
import type { Role } from '../../core/flow.ts';
import { type Entity, entityKey, type ServiceRef } from '../../core/identity.ts';

/**
 * Where a count belongs: what one end reports of one edge, by one Service or by none. Never changes, but for what a store
 * notes in it.
 */
export interface Lane {
  readonly edge: EdgeId;
  readonly reporter: Role;
  readonly service: ServiceRef | null;
  /** Equal for equal edges only. */
  readonly edgeKey: string;
  /** Equal for equal lanes only. */
  readonly key: string;
  /** What a store's dictionary calls it, good for as long as `numberedBy` is what the dictionary says. */
  number: number;
  numberedBy: object | null;
}

function laneKey(keyOfEdge: string, reporter: Role, service: ServiceRef | null): string {
  return [keyOfEdge, reporter, service === null ? '' : `${service.namespace}/${service.name}`].join('|');
}

/** Gives equal lanes as one object, and so their ends: each text is held once. Bounded: one that goes is only made anew. */
export class Lanes {
  readonly #byKey: LRUCache<string, Lane>;
  readonly #entities: LRUCache<string, Entity>;

  constructor(max: number) {
    this.#byKey = new LRUCache({ max });
    // There are fewer of them than of lanes, and a cache takes room for all that it may hold.
    this.#entities = new LRUCache({ max: Math.ceil(max / 8) });
  }

  of(edge: EdgeId, reporter: Role, service: ServiceRef | null): Lane {
    const keyOfEdge = edgeKey(edge);
    const key = laneKey(keyOfEdge, reporter, service);
    let lane = this.#byKey.get(key);
    if (lane === undefined) {
      const { client, server, protocol, port } = edge;
      const shared = { client: this.#entity(client), server: this.#entity(server), protocol, port };
      lane = { edge: shared, reporter, service, edgeKey: keyOfEdge, key, number: 0, numberedBy: null };
      this.#byKey.set(key, lane);
    }
    return lane;
  }

  #entity(entity: Entity): Entity {
    const key = entityKey(entity);
    const known = this.#entities.get(key);
    // One address may be unresolved for different reasons.
    if (known !== undefined && (known.type !== 'unresolved' || entity.type !== 'unresolved')) return known;
    this.#entities.set(key, entity);
    return entity;
  }
}
