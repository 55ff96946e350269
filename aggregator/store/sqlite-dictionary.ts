import type Database from 'better-sqlite3';
import { LRUCache } from 'lru-cache';
import type { EdgeId } from '../../core/edge.ts';
import type { Protocol, Role } from '../../core/flow.ts';
import type { Entity, ServiceRef } from '../../core/identity.ts';
import { type Lane, Lanes } from '../graph/lane.ts';

interface LaneRow {
  readonly cluster: string;
  readonly client: string;
  readonly server: string;
  readonly protocol: Protocol;
  readonly port: number;
  readonly reporter: Role;
  readonly service: number;
}

/** Numbers for lanes and names, and back. Holds a bounded part in memory; the tables hold all. */
export class SqliteDictionary {
  readonly #maxCached: number;
  readonly #interned: Lanes;
  /** Marks numbers that lanes were told, all of the cluster asked for last; another one when they mean nothing any more. */
  #numbers = Symbol('numbers');
  #cluster = '';
  /** By cluster, then by key. */
  readonly #laneIds = new Map<string, LRUCache<string, number>>();
  readonly #lanes: LRUCache<number, Lane>;
  readonly #nameIds: LRUCache<string, number>;
  readonly #names: LRUCache<number, string>;
  readonly #insertEdge: Database.Statement<[string, string, string, string, string, number], number>;
  readonly #selectEdgeId: Database.Statement<[string, string], number>;
  readonly #insertLane: Database.Statement<[number, Role, number], number>;
  readonly #selectLaneId: Database.Statement<[number, Role, number], number>;
  readonly #selectLane: Database.Statement<[number], LaneRow>;
  readonly #insertName: Database.Statement<[string], number>;
  readonly #selectNameId: Database.Statement<[string], number>;
  readonly #selectName: Database.Statement<[number], string>;

  /** @param maxCached how many lanes are held in memory, and an eighth as many names */
  constructor(database: Database.Database, maxCached: number) {
    this.#maxCached = maxCached;
    this.#interned = new Lanes(maxCached);
    this.#lanes = new LRUCache({ max: maxCached });
    this.#nameIds = new LRUCache({ max: Math.ceil(maxCached / 8) });
    this.#names = new LRUCache({ max: Math.ceil(maxCached / 8) });
    this.#insertEdge = database
      .prepare<[string, string, string, string, string, number], number>(
        'INSERT INTO edge (cluster, key, client, server, protocol, port) VALUES (?, ?, ?, ?, ?, ?) RETURNING id',
      )
      .pluck();
    this.#selectEdgeId = database
      .prepare<[string, string], number>('SELECT id FROM edge WHERE cluster = ? AND key = ?')
      .pluck();
    this.#insertLane = database
      .prepare<[number, Role, number], number>(
        'INSERT INTO lane (edge, reporter, service) VALUES (?, ?, ?) RETURNING id',
      )
      .pluck();
    this.#selectLaneId = database
      .prepare<[number, Role, number], number>('SELECT id FROM lane WHERE edge = ? AND reporter = ? AND service = ?')
      .pluck();
    this.#selectLane = database.prepare(
      `SELECT cluster, client, server, protocol, port, reporter, service
       FROM lane JOIN edge ON edge.id = lane.edge WHERE lane.id = ?`,
    );
    this.#insertName = database.prepare<[string], number>('INSERT INTO name (text) VALUES (?) RETURNING id').pluck();
    this.#selectNameId = database.prepare<[string], number>('SELECT id FROM name WHERE text = ?').pluck();
    this.#selectName = database.prepare<[number], string>('SELECT text FROM name WHERE id = ?').pluck();
  }

  /** The number of a lane, given now when it has none. To be called inside a transaction. */
  laneId(cluster: string, lane: Lane): number {
    if (cluster !== this.#cluster) {
      this.#cluster = cluster;
      this.#numbers = Symbol('numbers');
    }
    if (lane.numberedBy !== this.#numbers) {
      lane.number = this.#idByKey(cluster, lane);
      lane.numberedBy = this.#numbers;
    }
    return lane.number;
  }

  #idByKey(cluster: string, lane: Lane): number {
    const ids = this.#idsIn(cluster);
    let id = ids.get(lane.key);
    if (id === undefined) {
      id = this.#findLane(cluster, lane);
      ids.set(lane.key, id);
    }
    return id;
  }

  #idsIn(cluster: string): LRUCache<string, number> {
    let ids = this.#laneIds.get(cluster);
    if (ids === undefined) this.#laneIds.set(cluster, (ids = new LRUCache({ max: this.#maxCached })));
    return ids;
  }

  #findLane(cluster: string, { edge, edgeKey, reporter, service }: Lane): number {
    const edgeId = this.#selectEdgeId.get(cluster, edgeKey) ?? this.#newEdge(cluster, edgeKey, edge);
    const serviceId = service === null ? 0 : this.nameId(`${service.namespace}/${service.name}`);
    const id = this.#selectLaneId.get(edgeId, reporter, serviceId) ?? this.#insertLane.get(edgeId, reporter, serviceId);
    return id as number;
  }

  #newEdge(cluster: string, key: string, { client, server, protocol, port }: EdgeId): number {
    const [clientJson, serverJson] = [JSON.stringify(client), JSON.stringify(server)];
    return this.#insertEdge.get(cluster, key, clientJson, serverJson, protocol, port) as number;
  }

  /** @throws RangeError when no lane has the number */
  lane(id: number): Lane {
    let lane = this.#lanes.get(id);
    if (lane === undefined) {
      const row = this.#selectLane.get(id);
      if (row === undefined) throw new RangeError(`no lane has the number ${id}`);
      const { cluster, client, server, protocol, port, reporter, service } = row;
      const edge = { client: JSON.parse(client) as Entity, server: JSON.parse(server) as Entity, protocol, port };
      lane = this.#interned.of(edge, reporter, this.#service(service));
      this.#lanes.set(id, lane);
      this.#idsIn(cluster).set(lane.key, id);
    }
    return lane;
  }

  #service(id: number): ServiceRef | null {
    if (id === 0) return null;
    const [namespace, name] = this.name(id).split('/') as [string, string];
    return { namespace, name };
  }

  /** The number of a name, given now when it has none; at least 1. To be called inside a transaction. */
  nameId(text: string): number {
    const id = this.#nameIds.get(text) ?? this.#selectNameId.get(text) ?? this.#insertName.get(text);
    if (id === undefined) throw new RangeError(`the name ${text} got no number`);
    this.#nameIds.set(text, id);
    return id;
  }

  /** @throws RangeError when no name has the number */
  name(id: number): string {
    const text = this.#names.get(id) ?? this.#selectName.get(id);
    if (text === undefined) throw new RangeError(`no name has the number ${id}`);
    this.#names.set(id, text);
    return text;
  }

  /** Forgets what is in memory: after a transaction that was undone, its numbers mean nothing. */
  reset(): void {
    this.#numbers = Symbol('numbers');
    this.#laneIds.clear();
    for (const cache of [this.#lanes, this.#nameIds, this.#names]) cache.clear();
  }
}
