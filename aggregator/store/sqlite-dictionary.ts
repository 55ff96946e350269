import type Database from 'better-sqlite3';
import { LRUCache } from 'lru-cache';
import type { EdgeId } from '../../core/edge.ts';
import type { Protocol, Role } from '../../core/flow.ts';
import type { Entity, ServiceRef } from '../../core/identity.ts';
import { type Lane, Lanes } from '../graph/lane.ts';
import type { LaneColumn } from '../graph/lane-column.ts';
import { LaneNotes, note, unnoted } from '../graph/lane-notes.ts';

interface LaneRow {
  readonly cluster: string;
  readonly client: string;
  readonly server: string;
  readonly protocol: Protocol;
  readonly port: number;
  readonly reporter: Role;
  readonly service: number;
}

/** The lanes of a cluster that are in memory, which know their numbers themselves. */
interface ClusterLanes {
  readonly lanes: Lanes;
  /** Others when the numbers mean nothing any more. */
  noted: LaneNotes;
}

/** Numbers for lanes and names, and back. Holds a bounded part in memory; the tables hold all. */
export class SqliteDictionary {
  readonly #maxCached: number;
  readonly #clusters = new Map<string, ClusterLanes>();
  readonly #lanes: LRUCache<number, Lane>;
  readonly #nameIds: LRUCache<string, number>;
  #asked = new Float64Array(1024);
  readonly #names: LRUCache<number, string>;
  readonly #insertEdge: Database.Statement<[string, string, string, string, string, number], number>;
  readonly #selectEdgeId: Database.Statement<[string, string], number>;
  readonly #insertLane: Database.Statement<[number, Role, number], number>;
  readonly #selectLaneId: Database.Statement<[number, Role, number], number>;
  readonly #selectLane: Database.Statement<[number], LaneRow>;
  readonly #insertName: Database.Statement<[string], number>;
  readonly #selectNameId: Database.Statement<[string], number>;
  readonly #selectName: Database.Statement<[number], string>;

  /** @param maxCached of how many edges the lanes are held in memory, and an eighth as many names */
  constructor(database: Database.Database, maxCached: number) {
    this.#maxCached = maxCached;
    this.#lanes = new LRUCache({ max: maxCached });
    this.#nameIds = new LRUCache({ max: Math.ceil(maxCached / 8) });
    this.#names = new LRUCache({ max: Math.ceil(maxCached / 8) });
    this.#insertEdge = database
      .prepare<[string, string, string, string, string, number], number>(
        `INSERT INTO edge (cluster, key, client, server, protocol, port) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT DO NOTHING RETURNING id`,
      )
      .pluck();
    this.#selectEdgeId = database
      .prepare<[string, string], number>('SELECT id FROM edge WHERE cluster = ? AND key = ?')
      .pluck();
    this.#insertLane = database
      .prepare<[number, Role, number], number>(
        'INSERT INTO lane (edge, reporter, service) VALUES (?, ?, ?) ON CONFLICT DO NOTHING RETURNING id',
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

  /**
   * The numbers of lanes by row, given now to those that have none. To be called inside a transaction.
   * @returns what is good until the next are asked for
   */
  laneIds(cluster: string, { among, at }: LaneColumn): Float64Array {
    const { noted: notes } = this.#in(cluster);
    const noted = notes.of(among);
    if (at.length > this.#asked.length) this.#asked = new Float64Array(2 * at.length);
    const laneIds = this.#asked.subarray(0, at.length);
    for (let row = 0; row < at.length; row++) {
      const place = at[row] as number;
      let id = noted[place] as number;
      if (id === unnoted) {
        id = this.#idOf(cluster, among[place] as Lane, notes);
        note(noted, place, id);
      }
      laneIds[row] = id;
    }
    return laneIds;
  }

  /** From the lane itself where it was noted before: a checkpoint has all lanes there are, in a list of its own. */
  #idOf(cluster: string, lane: Lane, notes: LaneNotes): number {
    if (lane.numberedBy !== notes) [lane.number, lane.numberedBy] = [this.#findLane(cluster, lane), notes];
    return lane.number;
  }

  /** Gives equal lanes of a cluster as one object, those that are read too. */
  lanesOf(cluster: string): Lanes {
    return this.#in(cluster).lanes;
  }

  #in(cluster: string): ClusterLanes {
    let known = this.#clusters.get(cluster);
    if (known === undefined) {
      known = { lanes: new Lanes(this.#maxCached), noted: new LaneNotes() };
      this.#clusters.set(cluster, known);
    }
    return known;
  }

  #findLane(cluster: string, { edge, edgeKey, reporter, service }: Lane): number {
    // One that is not in memory is nearly always new: of those that are stored, checkpoints bring most at the start.
    const edgeId = this.#newEdge(cluster, edgeKey, edge) ?? this.#selectEdgeId.get(cluster, edgeKey);
    if (edgeId === undefined) throw new RangeError(`the edge ${edgeKey} got no number`);
    const serviceId = service === null ? 0 : this.nameId(`${service.namespace}/${service.name}`);
    const id = this.#insertLane.get(edgeId, reporter, serviceId) ?? this.#selectLaneId.get(edgeId, reporter, serviceId);
    return id as number;
  }

  /** @returns undefined when there is one with that key */
  #newEdge(cluster: string, key: string, { client, server, protocol, port }: EdgeId): number | undefined {
    const [clientJson, serverJson] = [JSON.stringify(client), JSON.stringify(server)];
    return this.#insertEdge.get(cluster, key, clientJson, serverJson, protocol, port);
  }

  /** @throws RangeError when no lane has the number */
  lane(id: number): Lane {
    let lane = this.#lanes.get(id);
    if (lane === undefined) {
      const row = this.#selectLane.get(id);
      if (row === undefined) throw new RangeError(`no lane has the number ${id}`);
      const { cluster, client, server, protocol, port, reporter, service } = row;
      const edge = { client: JSON.parse(client) as Entity, server: JSON.parse(server) as Entity, protocol, port };
      const { lanes, noted } = this.#in(cluster);
      lane = lanes.of(edge, reporter, this.#service(service));
      [lane.number, lane.numberedBy] = [id, noted];
      this.#lanes.set(id, lane);
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
    const known = this.#nameIds.get(text);
    if (known !== undefined) return known;
    const id = this.#selectNameId.get(text) ?? this.#insertName.get(text);
    if (id === undefined) throw new RangeError(`the name ${text} got no number`);
    this.#nameIds.set(text, id);
    return id;
  }

  /** @throws RangeError when no name has the number */
  name(id: number): string {
    const known = this.#names.get(id);
    if (known !== undefined) return known;
    const text = this.#selectName.get(id);
    if (text === undefined) throw new RangeError(`no name has the number ${id}`);
    this.#names.set(id, text);
    return text;
  }

  /** Forgets what is in memory: after a transaction that was undone, its numbers mean nothing. */
  reset(): void {
    for (const each of this.#clusters.values()) each.noted = new LaneNotes();
    for (const cache of [this.#lanes, this.#nameIds, this.#names]) cache.clear();
  }
}
