import type { EdgeId } from '../../core/edge.ts';
import type { Direction } from '../../core/flow.ts';
import { type Entity, workloadKey } from '../../core/identity.ts';
import type { PodPeer } from './query.ts';
import type { Roster } from './roster.ts';
import type { Selection } from './selection.ts';

/** A workload that edges end at. */
interface End {
  readonly namespace: string;
  /** Null for one that is not in the snapshot: any policy of its namespace may have selected it. */
  readonly pods: readonly PodPeer[] | null;
  /** Edges by index, for each direction those whose policies are this end's. */
  readonly indexes: Readonly<Record<Direction, number[]>>;
}

/** What a change of policies touches. */
export interface Touched {
  readonly indexes: readonly number[];
  /** Whether a policy bears on any of the ends that are touched. */
  readonly concerns: (selection: Selection) => boolean;
}

function bearsOn({ namespace, selects }: Selection, end: End): boolean {
  if (namespace !== null && namespace !== end.namespace) return false;
  return end.pods === null || end.pods.some(selects);
}

/** Edges by the workloads at their ends. */
export class EdgesByEnd {
  readonly #ends = new Map<string, End>();

  constructor(roster: Roster, edges: readonly EdgeId[]) {
    for (const [index, { client, server }] of edges.entries()) {
      this.#add(roster, client, 'egress', index);
      this.#add(roster, server, 'ingress', index);
    }
  }

  touchedBy(selections: readonly Selection[], direction: Direction): Touched {
    const ends = [...this.#ends.values()].filter((end) => selections.some((selection) => bearsOn(selection, end)));
    return {
      indexes: ends.flatMap(({ indexes }) => indexes[direction]),
      concerns: (selection) => ends.some((end) => bearsOn(selection, end)),
    };
  }

  #add(roster: Roster, entity: Entity, direction: Direction, index: number): void {
    if (entity.type !== 'workload') return;
    const key = workloadKey(entity);
    let end = this.#ends.get(key);
    if (end === undefined) {
      end = { namespace: entity.namespace, pods: roster.podsOf(entity), indexes: { ingress: [], egress: [] } };
      this.#ends.set(key, end);
    }
    end.indexes[direction].push(index);
  }
}
