import { LRUCache } from 'lru-cache';
import { type EdgeId, edgeKey } from '../../core/edge.ts';
import type { Role } from '../../core/flow.ts';
import type { ServiceRef } from '../../core/identity.ts';

/** Where a count belongs: what one end reports of one edge, by one Service or by none. Never changes. */
export interface Lane {
  readonly edge: EdgeId;
  readonly reporter: Role;
  readonly service: ServiceRef | null;
  /** Equal for equal edges only. */
  readonly edgeKey: string;
  /** Equal for equal lanes only. */
  readonly key: string;
}

function laneKey(keyOfEdge: string, reporter: Role, service: ServiceRef | null): string {
  return `${keyOfEdge}|${reporter}|${service === null ? '' : `${service.namespace}/${service.name}`}`;
}

/** Gives equal lanes as one object, so that each holds its texts once. Bounded: one that goes is only made anew. */
export class Lanes {
  readonly #byKey: LRUCache<string, Lane>;

  constructor(max: number) {
    this.#byKey = new LRUCache({ max });
  }

  of(edge: EdgeId, reporter: Role, service: ServiceRef | null): Lane {
    const keyOfEdge = edgeKey(edge);
    const key = laneKey(keyOfEdge, reporter, service);
    let lane = this.#byKey.get(key);
    if (lane === undefined) {
      lane = { edge, reporter, service, edgeKey: keyOfEdge, key };
      this.#byKey.set(key, lane);
    }
    return lane;
  }
}
