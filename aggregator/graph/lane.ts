import { LRUCache } from 'lru-cache';
import { type EdgeId, edgeKey } from '../../core/edge.ts';
import type { Role } from '../../core/flow.ts';
import { type Entity, entityKey, type ServiceRef } from '../../core/identity.ts';

/**
 * Where a count belongs: what one end reports of one edge, by one Service or by none. Never changes, but for what a store
 * notes in it. There are a few hundred thousand of them, so each holds little: `laneKey` makes a text of it for whoever
 * needs one.
 */
export interface Lane {
  /** Shared with the other lanes of the edge, as its key is. */
  readonly edge: EdgeId;
  readonly reporter: Role;
  readonly service: ServiceRef | null;
  /** Equal for equal edges only. */
  readonly edgeKey: string;
  /** The lane of the same edge that was known before it. */
  readonly beside: Lane | null;
  /** What a store's dictionary calls it, good for as long as `numberedBy` is what the dictionary says. */
  number: number;
  numberedBy: object | null;
}

/** Equal for equal lanes only. */
export function laneKey({ edgeKey: key, reporter, service }: Lane): string {
  return [key, reporter, service === null ? '' : `${service.namespace}/${service.name}`].join('|');
}

/** Whether two lanes of one edge are the same one. */
export function isSameReport(a: Pick<Lane, 'reporter' | 'service'>, b: Pick<Lane, 'reporter' | 'service'>): boolean {
  return (
    a.reporter === b.reporter && a.service?.name === b.service?.name && a.service?.namespace === b.service?.namespace
  );
}

/** Gives equal lanes as one object, and so their ends: each text is held once. Bounded: one that goes is only made anew. */
export class Lanes {
  /** By edge the lane that was made last. */
  readonly #byEdge: LRUCache<string, Lane>;
  readonly #entities: LRUCache<string, Entity>;

  /** @param maxEdges whose lanes are known */
  constructor(maxEdges: number) {
    this.#byEdge = new LRUCache({ max: maxEdges });
    // There are fewer of them than of edges, and a cache takes room for all that it may hold.
    this.#entities = new LRUCache({ max: Math.ceil(maxEdges / 8) });
  }

  of(edge: EdgeId, reporter: Role, service: ServiceRef | null): Lane {
    const key = edgeKey(edge);
    const latest = this.#byEdge.get(key) ?? null;
    for (let lane = latest; lane !== null; lane = lane.beside) {
      if (isSameReport(lane, { reporter, service })) return lane;
    }
    const known = latest ?? { edge: this.#shared(edge), edgeKey: key };
    const lane = {
      edge: known.edge,
      reporter,
      service,
      edgeKey: known.edgeKey,
      beside: latest,
      number: 0,
      numberedBy: null,
    };
    this.#byEdge.set(key, lane);
    return lane;
  }

  #shared({ client, server, protocol, port }: EdgeId): EdgeId {
    return { client: this.#entity(client), server: this.#entity(server), protocol, port };
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
