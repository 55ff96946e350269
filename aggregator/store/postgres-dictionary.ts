import { LRUCache } from 'lru-cache';
import type { ClientBase } from 'pg';
import type { EdgeId } from '../../core/edge.ts';
import type { Role } from '../../core/flow.ts';
import type { ServiceRef } from '../../core/identity.ts';
import type { NodeCoverage } from '../../core/coverage.ts';
import { type Lane, laneKey, Lanes } from '../graph/lane.ts';
import type { LaneColumn } from '../graph/lane-column.ts';
import { LaneNotes, note, unnoted } from '../graph/lane-notes.ts';
import type { Rows } from '../graph/rows.ts';
import type { LaneNumbers, NumberedLanes } from './columns.ts';

/** The last numbers that a cluster has given, and how often its dictionary was pruned. */
export interface LastNumbers {
  segment: number;
  piece: number;
  lane: number;
  name: number;
  readonly prunings: number;
}

type LaneJson = Pick<Lane, 'edge' | 'reporter' | 'service'>;

/** Numbers that a transaction gave or looked up: they are known to others once it is committed. */
export class Numbering implements LaneNumbers {
  readonly lanes = new Map<string, number>();
  readonly names = new Map<string, number>();
  /** Those that `lanes` has the numbers of. */
  readonly asked = new Map<string, Lane>();
  readonly #noted: LaneNotes;

  /** @param noted numbers that are known already */
  constructor(noted: LaneNotes) {
    this.#noted = noted;
  }

  /** To be called when it is committed: lanes that were asked for know their numbers then. */
  note(): void {
    for (const [key, lane] of this.asked) {
      [lane.number, lane.numberedBy] = [numberOf(this.lanes, key), this.#noted];
    }
  }

  laneIds({ among, at }: LaneColumn): Float64Array {
    const noted = this.#noted.of(among);
    return Float64Array.from(at, (place) => {
      const id = noted[place] as number;
      return id === unnoted ? this.#numberOf(among[place] as Lane) : id;
    });
  }

  #numberOf(lane: Lane): number {
    return lane.numberedBy === this.#noted ? lane.number : numberOf(this.lanes, laneKey(lane));
  }

  nameId(text: string): number {
    return numberOf(this.names, text);
  }
}

/** Drop reasons and servers' names. */
export function namesIn({ drops, names }: Rows): string[] {
  return [...[...drops.values()].flatMap(Object.keys), ...[...names.values()].flat()];
}

function numberOf(numbers: ReadonlyMap<string, number>, key: string): number {
  const number = numbers.get(key);
  if (number === undefined) throw new RangeError(`${key} has no number`);
  return number;
}

/** The numbers of one cluster's lanes and names. Holds a bounded part in memory; the tables hold all. */
export class PostgresDictionary {
  readonly #cluster: string;
  /** Gives equal lanes as one object, those that are read too. */
  readonly lanes: Lanes;
  /** Others when the numbers mean nothing any more: whoever has read some goes on with those. */
  #noted = new LaneNotes();
  readonly #nameIds: LRUCache<string, number>;
  readonly #lanes: LRUCache<number, Lane>;
  readonly #names: LRUCache<number, string>;
  #prunings = 0;

  /** @param maxCached of how many edges the lanes are held in memory, and an eighth as many names */
  constructor(cluster: string, maxCached: number) {
    this.#cluster = cluster;
    this.lanes = new Lanes(maxCached);
    this.#nameIds = new LRUCache({ max: Math.ceil(maxCached / 8) });
    this.#lanes = new LRUCache({ max: maxCached });
    this.#names = new LRUCache({ max: Math.ceil(maxCached / 8) });
  }

  /** Finds or gives the numbers of lanes and names. The cluster's row must be locked; `last` is moved on. */
  async number(
    client: ClientBase,
    columns: readonly LaneColumn[],
    names: Iterable<string>,
    last: LastNumbers,
  ): Promise<Numbering> {
    if (last.prunings !== this.#prunings) this.#forgetIds(last.prunings);
    const numbering = new Numbering(this.#noted);
    for (const lanes of columns) this.#note(lanes, numbering.asked);
    const unknownNames = new Set<string>();
    for (const text of names) {
      const id = this.#nameIds.get(text);
      if (id === undefined) unknownNames.add(text);
      else numbering.names.set(text, id);
    }
    if (numbering.asked.size > 0) await this.#numberLanes(client, numbering, last);
    if (unknownNames.size > 0) await this.#numberNames(client, unknownNames, numbering.names, last);
    return numbering;
  }

  /** Notes the numbers that are in memory. @param unknown gets the lanes that have none there, by their keys */
  #note({ among, at }: LaneColumn, unknown: Map<string, Lane>): void {
    const noted = this.#noted.of(among);
    for (const place of at) {
      if (noted[place] !== unnoted) continue;
      const lane = among[place] as Lane;
      if (lane.numberedBy === this.#noted) note(noted, place, lane.number);
      else unknown.set(laneKey(lane), lane);
    }
  }

  /** What was pruned has no number any more; a number is never given again, so what they stand for stays true. */
  #forgetIds(prunings: number): void {
    this.#prunings = prunings;
    this.#noted = new LaneNotes();
    this.#nameIds.clear();
  }

  async #numberLanes(client: ClientBase, { asked, lanes: into }: Numbering, last: LastNumbers): Promise<void> {
    await this.#findLanes(client, asked.keys(), into);
    const unknown = [...asked].filter(([key]) => !into.has(key));
    if (unknown.length === 0) return;
    const made = unknown.map(([key, lane]) => ({ key, lane, id: ++last.lane }));
    const json = ({ edge, reporter, service }: LaneJson) => JSON.stringify({ edge, reporter, service });
    await client.query(
      `INSERT INTO weir_lane (cluster, id, key, lane)
       SELECT $1, * FROM unnest($2::bigint[], $3::text[], $4::text[])`,
      [this.#cluster, made.map(({ id }) => id), made.map(({ key }) => key), made.map(({ lane }) => json(lane))],
    );
    for (const { key, id } of made) into.set(key, id);
  }

  async #numberNames(
    client: ClientBase,
    unknown: Set<string>,
    into: Map<string, number>,
    last: LastNumbers,
  ): Promise<void> {
    const found = await client.query<{ text: string; id: number }>(
      'SELECT text, id FROM weir_name WHERE cluster = $1 AND text = ANY ($2)',
      [this.#cluster, [...unknown]],
    );
    for (const { text, id } of found.rows) {
      into.set(text, id);
      unknown.delete(text);
    }
    if (unknown.size === 0) return;
    const made = [...unknown].map((text) => ({ text, id: ++last.name }));
    await client.query('INSERT INTO weir_name (cluster, id, text) SELECT $1, * FROM unnest($2::bigint[], $3::text[])', [
      this.#cluster,
      made.map(({ id }) => id),
      made.map(({ text }) => text),
    ]);
    for (const { text, id } of made) into.set(text, id);
  }

  /** To be called when the transaction that gave the numbers is committed. */
  keep(numbering: Numbering): void {
    numbering.note();
    for (const [text, id] of numbering.names) this.#nameIds.set(text, id);
  }

  /** Numbers that names were given before. @throws RangeError for a name that has none */
  async nameIds(client: ClientBase, texts: Iterable<string>): Promise<(text: string) => number> {
    const ids = new Map<string, number>();
    const unknown: string[] = [];
    for (const text of new Set(texts)) {
      const id = this.#nameIds.get(text);
      if (id === undefined) unknown.push(text);
      else ids.set(text, id);
    }
    if (unknown.length > 0) {
      const { rows } = await client.query<{ text: string; id: number }>(
        'SELECT text, id FROM weir_name WHERE cluster = $1 AND text = ANY ($2)',
        [this.#cluster, unknown],
      );
      for (const { text, id } of rows) ids.set(text, id);
    }
    return (text) => numberOf(ids, text);
  }

  /** Numbers that were given before to all that is in rows and coverage. @throws RangeError for what has none */
  async find(client: ClientBase, rows: Rows, watched: ReadonlyMap<string, NodeCoverage>): Promise<Numbering> {
    const numbering = new Numbering(this.#noted);
    this.#note(rows.lanes, numbering.asked);
    if (numbering.asked.size > 0) await this.#findLanes(client, numbering.asked.keys(), numbering.lanes);
    const stages = [...watched.values()].flatMap(({ losses }) => Object.keys(losses));
    const texts = new Set([...watched.keys(), ...stages, ...namesIn(rows)]);
    const nameId = await this.nameIds(client, texts);
    for (const text of texts) numbering.names.set(text, nameId(text));
    return numbering;
  }

  async #findLanes(client: ClientBase, keys: Iterable<string>, into: Map<string, number>): Promise<void> {
    const { rows } = await client.query<{ key: string; id: number }>(
      'SELECT key, id FROM weir_lane WHERE cluster = $1 AND key = ANY ($2)',
      [this.#cluster, [...keys]],
    );
    for (const { key, id } of rows) into.set(key, id);
  }

  /** What numbers stand for. */
  async read(client: ClientBase, laneIds: Iterable<number>, nameIds: Iterable<number>): Promise<NumberedLanes> {
    const lanes = await this.#readLanes(client, new Set(laneIds));
    const names = await this.#readNames(client, new Set(nameIds));
    return { lane: (id) => valueOf(lanes, id, 'lane'), name: (id) => valueOf(names, id, 'name') };
  }

  async #readLanes(client: ClientBase, ids: ReadonlySet<number>): Promise<ReadonlyMap<number, Lane>> {
    const { known, unknown } = partition(ids, this.#lanes);
    if (unknown.length === 0) return known;
    const { rows } = await client.query<{ id: number; lane: string }>(
      'SELECT id, lane FROM weir_lane WHERE cluster = $1 AND id = ANY ($2)',
      [this.#cluster, unknown],
    );
    for (const { id, lane: json } of rows) {
      const { edge, reporter, service } = JSON.parse(json) as {
        edge: EdgeId;
        reporter: Role;
        service: ServiceRef | null;
      };
      const lane = this.lanes.of(edge, reporter, service);
      known.set(id, lane);
      this.#lanes.set(id, lane);
    }
    return known;
  }

  async #readNames(client: ClientBase, ids: ReadonlySet<number>): Promise<ReadonlyMap<number, string>> {
    const { known, unknown } = partition(ids, this.#names);
    if (unknown.length === 0) return known;
    const { rows } = await client.query<{ id: number; text: string }>(
      'SELECT id, text FROM weir_name WHERE cluster = $1 AND id = ANY ($2)',
      [this.#cluster, unknown],
    );
    for (const { id, text } of rows) {
      known.set(id, text);
      this.#names.set(id, text);
    }
    return known;
  }
}

function partition<Value extends {}>(ids: ReadonlySet<number>, cache: LRUCache<number, Value>) {
  const known = new Map<number, Value>();
  const unknown: number[] = [];
  for (const id of ids) {
    const value = cache.get(id);
    if (value === undefined) unknown.push(id);
    else known.set(id, value);
  }
  return { known, unknown };
}

function valueOf<Value>(values: ReadonlyMap<number, Value>, id: number, what: string): Value {
  const value = values.get(id);
  if (value === undefined) throw new RangeError(`no ${what} has the number ${id}`);
  return value;
}
