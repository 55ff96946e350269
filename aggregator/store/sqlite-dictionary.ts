import type Database from 'better-sqlite3';
import { LRUCache } from 'lru-cache';
import { type EdgeId, edgeKey } from '../../core/edge.ts';
import type { Protocol } from '../../core/flow.ts';
import type { Entity } from '../../core/identity.ts';

interface EdgeRow {
  readonly client: string;
  readonly server: string;
  readonly protocol: Protocol;
  readonly port: number;
}

/** Numbers for edges and names, and back. Holds a bounded part in memory; the tables hold all. */
export class SqliteDictionary {
  readonly #edgeIds: LRUCache<string, number>;
  readonly #edges: LRUCache<number, EdgeId>;
  readonly #nameIds: LRUCache<string, number>;
  readonly #names: LRUCache<number, string>;
  readonly #insertEdge: Database.Statement<[string, string, string, string, string, number], number>;
  readonly #selectEdgeId: Database.Statement<[string, string], number>;
  readonly #selectEdge: Database.Statement<[number], EdgeRow>;
  readonly #insertName: Database.Statement<[string], number>;
  readonly #selectNameId: Database.Statement<[string], number>;
  readonly #selectName: Database.Statement<[number], string>;

  /** @param maxCached how many edges, and how many names, are held in memory */
  constructor(database: Database.Database, maxCached: number) {
    this.#edgeIds = new LRUCache({ max: maxCached });
    this.#edges = new LRUCache({ max: maxCached });
    this.#nameIds = new LRUCache({ max: maxCached });
    this.#names = new LRUCache({ max: maxCached });
    this.#insertEdge = database
      .prepare<[string, string, string, string, string, number], number>(
        'INSERT INTO edge (cluster, key, client, server, protocol, port) VALUES (?, ?, ?, ?, ?, ?) RETURNING id',
      )
      .pluck();
    this.#selectEdgeId = database
      .prepare<[string, string], number>('SELECT id FROM edge WHERE cluster = ? AND key = ?')
      .pluck();
    this.#selectEdge = database.prepare('SELECT client, server, protocol, port FROM edge WHERE id = ?');
    this.#insertName = database.prepare<[string], number>('INSERT INTO name (text) VALUES (?) RETURNING id').pluck();
    this.#selectNameId = database.prepare<[string], number>('SELECT id FROM name WHERE text = ?').pluck();
    this.#selectName = database.prepare<[number], string>('SELECT text FROM name WHERE id = ?').pluck();
  }

  /** The number of an edge, given now when it has none. To be called inside a transaction. */
  edgeId(cluster: string, edge: EdgeId): number {
    const key = edgeKey(edge);
    const cacheKey = `${cluster}|${key}`;
    let id = this.#edgeIds.get(cacheKey) ?? this.#selectEdgeId.get(cluster, key);
    if (id === undefined) {
      const { client, server, protocol, port } = edge;
      id = this.#insertEdge.get(cluster, key, JSON.stringify(client), JSON.stringify(server), protocol, port) as number;
    }
    this.#edgeIds.set(cacheKey, id);
    return id;
  }

  /** @throws RangeError when no edge has the number */
  edge(id: number): EdgeId {
    let edge = this.#edges.get(id);
    if (edge === undefined) {
      const row = this.#selectEdge.get(id);
      if (row === undefined) throw new RangeError(`no edge has the number ${id}`);
      const { client, server, protocol, port } = row;
      edge = { client: JSON.parse(client) as Entity, server: JSON.parse(server) as Entity, protocol, port };
      this.#edges.set(id, edge);
    }
    return edge;
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
    for (const cache of [this.#edgeIds, this.#edges, this.#nameIds, this.#names]) cache.clear();
  }
}
