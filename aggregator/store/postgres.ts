import type { Logger } from 'pino';
import pg from 'pg';
import type { Alias } from '../../core/alias.ts';
import type { Baseline } from '../../core/baseline.ts';
import { messageOf, WeirError } from '../../core/errors.ts';
import type { Settings } from '../../core/settings.ts';
import type { Milliseconds, UnixMs, Window } from '../../core/time.ts';
import type { Segment } from '../graph/segment.ts';
import { judge } from './fence.ts';
import { type LastNumbers, type Numbering, PostgresDictionary } from './postgres-dictionary.ts';
import { prepareTables } from './postgres-schema.ts';
import { nameRows, type PackedRows, packRows, unpackRows } from './segment-codec.ts';
import { type SegmentRow, segmentOf } from './segment-row.ts';
import type { Commit, CommitResult, Cursor, Store } from './store.ts';

export interface PostgresOptions {
  /** postgres://user:password@host:port/database, as libpq has it. */
  readonly url: string;
  /** How many lanes, and how many names, of each cluster are held in memory besides those in the database. */
  readonly maxCached: number;
  readonly log: Logger;
}

const maxConnections = 4;
const connectMs: Milliseconds = 10_000;
/** A server that does not answer must not hold up everything for ever. */
const statementMs: Milliseconds = 60_000;
/** How many segments are read at a time. */
const pageSegments = 64;

const cursorColumns = 'node, epoch, sequence, window_end_unix_ms AS "windowEndUnixMs"';

/** Whole numbers of 64 bits as numbers: none of ours is beyond what these hold exactly. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === pg.types.builtins.INT8 ? Number : (pg.types.getTypeParser(oid, format) as unknown),
};

/** By SQLSTATE, and by the error codes of sockets. */
const advice: Readonly<Record<string, string>> = {
  '28P01': 'the password is not accepted; give another in the URL',
  '28000': 'the user is not accepted; check the URL and pg_hba.conf',
  '3D000': 'there is no such database; make it first',
  '42501': 'the user may not do that; let it create tables in the database',
  '53100': 'the disk of the server is full; make room or shorten the retention',
  '25006': 'the server only reads; give the address of the primary',
  '57P03': 'the server is starting or stopping',
  ECONNREFUSED: 'nobody listens there; check host and port, and whether the server runs',
  ENOTFOUND: 'there is no such host; check the URL',
};

/** A store that several aggregators can share: a PostgreSQL database. */
export class PostgresStore implements Store {
  readonly #place: string;
  readonly #pool: pg.Pool;
  readonly #maxCached: number;
  readonly #dictionaries = new Map<string, PostgresDictionary>();

  /** Connects, and makes the tables when they are missing. @throws WeirError STORE; the message says what to do */
  static async open(options: PostgresOptions): Promise<PostgresStore> {
    const store = new PostgresStore(options);
    try {
      await store.#run(prepareTables);
      return store;
    } catch (error) {
      // Another aggregator that starts at the same time may have made them.
      const again = await store.#run(prepareTables).then(
        () => null,
        (second: unknown) => second,
      );
      if (again === null) return store;
      await store.close();
      throw error;
    }
  }

  private constructor({ url, maxCached, log }: PostgresOptions) {
    this.#place = placeOf(url);
    this.#maxCached = maxCached;
    this.#pool = new pg.Pool({
      connectionString: url,
      max: maxConnections,
      connectionTimeoutMillis: connectMs,
      statement_timeout: statementMs,
      application_name: 'weir-aggregator',
      types,
    });
    // The next one who needs a connection hears of it if it was more than this one that ended.
    const ended = (error: Error) => log.debug({ reason: messageOf(error) }, 'a connection to PostgreSQL ended');
    this.#pool.on('error', ended);
    this.#pool.on('connect', (client) => client.on('error', ended));
  }

  cursors(cluster: string): Promise<readonly Cursor[]> {
    return this.#run(async (client) => {
      const { rows } = await client.query<Cursor>(`SELECT ${cursorColumns} FROM weir_cursor WHERE cluster = $1`, [
        cluster,
      ]);
      // By code units as everywhere here, not by the database's language.
      return rows.toSorted((a, b) => (a.node < b.node ? -1 : 1));
    });
  }

  async commit(commits: readonly Commit[]): Promise<readonly CommitResult[]> {
    const clusters = [...new Set(commits.map(({ segment }) => segment.cluster))].toSorted();
    const results: CommitResult[] = [];
    const numberings = await this.#run(async (client) => {
      const given: (readonly [PostgresDictionary, Numbering])[] = [];
      await client.query('BEGIN');
      for (const cluster of clusters) {
        const dictionary = this.#dictionary(cluster);
        const own = [...commits.entries()].filter(([, { segment }]) => segment.cluster === cluster);
        given.push([dictionary, await commitCluster(client, cluster, dictionary, own, results)]);
      }
      await client.query('COMMIT');
      return given;
    });
    for (const [dictionary, numbering] of numberings) dictionary.keep(numbering);
    return results;
  }

  async *segments(cluster: string, { startUnixMs, endUnixMs }: Window): AsyncGenerator<Segment> {
    for (let last = 0; ; ) {
      const after = last;
      const page = await this.#run(async (client) => {
        const { rows } = await client.query<SegmentRow>(
          `SELECT id, node, epoch, sequence, start_unix_ms, end_unix_ms, losses, columns FROM weir_segment
           WHERE cluster = $1 AND end_unix_ms > $2 AND start_unix_ms < $3 AND id > $4 ORDER BY id LIMIT $5`,
          [cluster, startUnixMs, endUnixMs, after, pageSegments],
        );
        last = rows.at(-1)?.id ?? last;
        return await this.#segmentsOf(client, cluster, rows);
      });
      yield* page;
      if (page.length < pageSegments) return;
    }
  }

  prune(cluster: string, beforeUnixMs: UnixMs, limit: number): Promise<readonly Segment[]> {
    return this.#run(async (client) => {
      const { rows } = await client.query<SegmentRow>(
        `DELETE FROM weir_segment WHERE cluster = $1 AND id IN (
           SELECT id FROM weir_segment WHERE cluster = $1 AND end_unix_ms < $2 ORDER BY end_unix_ms, id LIMIT $3
         ) RETURNING id, node, epoch, sequence, start_unix_ms, end_unix_ms, losses, columns`,
        [cluster, beforeUnixMs, limit],
      );
      const oldestFirst = rows.toSorted((a, b) => a.end_unix_ms - b.end_unix_ms || a.id - b.id);
      return await this.#segmentsOf(client, cluster, oldestFirst);
    });
  }

  aliases(cluster: string): Promise<readonly Alias[]> {
    return this.#run(async (client) => {
      const { rows } = await client.query<Alias>(
        `SELECT name, cidr, allowed, expires_unix_ms AS "expiresUnixMs", comment FROM weir_alias WHERE cluster = $1`,
        [cluster],
      );
      return rows;
    });
  }

  setAlias(cluster: string, { name, cidr, allowed, expiresUnixMs, comment }: Alias): Promise<void> {
    return this.#run(async (client) => {
      await client.query(
        `INSERT INTO weir_alias (cluster, name, cidr, allowed, expires_unix_ms, comment)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (cluster, name) DO UPDATE
         SET cidr = excluded.cidr, allowed = excluded.allowed,
             expires_unix_ms = excluded.expires_unix_ms, comment = excluded.comment`,
        [cluster, name, cidr, allowed, expiresUnixMs, comment],
      );
    });
  }

  removeAlias(cluster: string, name: string): Promise<void> {
    return this.#run(async (client) => {
      await client.query('DELETE FROM weir_alias WHERE cluster = $1 AND name = $2', [cluster, name]);
    });
  }

  settings(cluster: string): Promise<Settings | null> {
    return this.#run(async (client) => {
      const query = 'SELECT body FROM weir_settings WHERE cluster = $1';
      const { rows } = await client.query<{ body: string }>(query, [cluster]);
      return rows[0] === undefined ? null : (JSON.parse(rows[0].body) as Settings);
    });
  }

  setSettings(cluster: string, settings: Settings): Promise<boolean> {
    const [body, { revision }] = [JSON.stringify(settings), settings];
    return this.#run(async (client) => {
      const { rowCount } =
        revision === 1
          ? await client.query(
              'INSERT INTO weir_settings (cluster, revision, body) VALUES ($1, 1, $2) ON CONFLICT (cluster) DO NOTHING',
              [cluster, body],
            )
          : await client.query(
              'UPDATE weir_settings SET revision = $2, body = $3 WHERE cluster = $1 AND revision = $4',
              [cluster, revision, body, revision - 1],
            );
      return rowCount === 1;
    });
  }

  baselines(cluster: string): Promise<readonly Baseline[]> {
    return this.#run(async (client) => {
      const query = 'SELECT body FROM weir_baseline WHERE cluster = $1';
      const { rows } = await client.query<{ body: string }>(query, [cluster]);
      return rows.map(({ body }) => JSON.parse(body) as Baseline);
    });
  }

  baselineEdges(cluster: string, name: string): Promise<Uint8Array | null> {
    return this.#run(async (client) => {
      const query = 'SELECT edges FROM weir_baseline WHERE cluster = $1 AND name = $2';
      const { rows } = await client.query<{ edges: Buffer }>(query, [cluster, name]);
      return rows[0]?.edges ?? null;
    });
  }

  setBaseline(cluster: string, baseline: Baseline, edges: Uint8Array): Promise<void> {
    return this.#run(async (client) => {
      await client.query(
        `INSERT INTO weir_baseline (cluster, name, body, edges) VALUES ($1, $2, $3, $4)
         ON CONFLICT (cluster, name) DO UPDATE SET body = EXCLUDED.body, edges = EXCLUDED.edges`,
        [cluster, baseline.name, JSON.stringify(baseline), edges],
      );
    });
  }

  removeBaseline(cluster: string, name: string): Promise<void> {
    return this.#run(async (client) => {
      await client.query('DELETE FROM weir_baseline WHERE cluster = $1 AND name = $2', [cluster, name]);
    });
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  #dictionary(cluster: string): PostgresDictionary {
    let dictionary = this.#dictionaries.get(cluster);
    if (dictionary === undefined) {
      dictionary = new PostgresDictionary(cluster, this.#maxCached);
      this.#dictionaries.set(cluster, dictionary);
    }
    return dictionary;
  }

  async #segmentsOf(client: pg.PoolClient, cluster: string, rows: readonly SegmentRow[]): Promise<Segment[]> {
    const unpacked = rows.map(({ columns, start_unix_ms }) => unpackRows(columns, start_unix_ms));
    const laneIds = unpacked.flatMap((each) => each.laneIds);
    const nameIds = unpacked.flatMap(({ drops, names }) => [...drops, ...names].map(([, id]) => id));
    const numbered = await this.#dictionary(cluster).read(client, laneIds, nameIds);
    return rows.map((row, i) => segmentOf(cluster, row, nameRows(unpacked[i] as PackedRows, numbered)));
  }

  /** Runs work on a connection, which is not used again when it failed: what it was in the midst of ends with it. */
  async #run<Result>(work: (client: pg.PoolClient) => Promise<Result>): Promise<Result> {
    let client: pg.PoolClient | null = null;
    try {
      client = await this.#pool.connect();
      const result = await work(client);
      client.release();
      return result;
    } catch (error) {
      client?.release(true);
      throw this.#storeError(error);
    }
  }

  #storeError(error: unknown): WeirError {
    if (error instanceof WeirError) return error;
    const inner: unknown = error instanceof AggregateError ? error.errors[0] : error;
    const { code = '' } = inner as { readonly code?: string };
    const what = advice[code] === undefined ? messageOf(inner) : `${advice[code]} (${messageOf(inner)})`;
    const detail = { place: this.#place, code };
    return new WeirError('STORE', `${this.#place}: ${what}`, { cause: error, detail });
  }
}

/** Commits what may follow the cursors of one cluster, whose lock it takes. */
async function commitCluster(
  client: pg.PoolClient,
  cluster: string,
  dictionary: PostgresDictionary,
  commits: readonly (readonly [index: number, Commit])[],
  results: CommitResult[],
): Promise<Numbering> {
  const last = await lockCluster(client, cluster);
  const nodes = [...new Set(commits.map(([, { segment }]) => segment.node))];
  const { rows } = await client.query<Cursor>(
    `SELECT ${cursorColumns} FROM weir_cursor WHERE cluster = $1 AND node = ANY ($2)`,
    [cluster, nodes],
  );
  const cursors = new Map(rows.map((cursor) => [cursor.node, cursor]));
  const moved = new Map<string, Cursor>();
  const accepted: Segment[] = [];
  for (const [index, commit] of commits) {
    const { node } = commit.segment;
    const result = judge(commit, moved.get(node) ?? cursors.get(node) ?? null);
    results[index] = result;
    if (result.type !== 'committed') continue;
    const { epoch, sequence, window } = result.segment;
    moved.set(node, { node, epoch, sequence, windowEndUnixMs: window.endUnixMs });
    accepted.push(result.segment);
  }
  const numbering = await dictionary.number(
    client,
    accepted.flatMap(({ rows: { lanes } }) => lanes),
    accepted.flatMap(({ rows: { drops, names } }) => [
      ...[...drops.values()].flatMap(Object.keys),
      ...[...names.values()].flat(),
    ]),
    last,
  );
  if (accepted.length === 0) return numbering;
  await insertSegments(client, cluster, accepted, numbering, last);
  await moveCursors(client, cluster, [...moved.values()]);
  await client.query('UPDATE weir_cluster SET last_segment = $2, last_lane = $3, last_name = $4 WHERE name = $1', [
    cluster,
    last.segment,
    last.lane,
    last.name,
  ]);
  return numbering;
}

/** Whoever holds the lock is the only one that moves the cluster's cursors and gives its numbers. */
async function lockCluster(client: pg.PoolClient, cluster: string): Promise<LastNumbers> {
  const lock = () =>
    client.query<LastNumbers>(
      `SELECT last_segment AS segment, last_lane AS lane, last_name AS name
       FROM weir_cluster WHERE name = $1 FOR UPDATE`,
      [cluster],
    );
  const [known] = (await lock()).rows;
  if (known !== undefined) return known;
  await client.query(
    'INSERT INTO weir_cluster (name, last_segment, last_lane, last_name) VALUES ($1, 0, 0, 0) ON CONFLICT DO NOTHING',
    [cluster],
  );
  return (await lock()).rows[0] as LastNumbers;
}

async function insertSegments(
  client: pg.PoolClient,
  cluster: string,
  segments: readonly Segment[],
  numbering: Numbering,
  last: LastNumbers,
): Promise<void> {
  await client.query(
    `INSERT INTO weir_segment
       (cluster, id, node, epoch, sequence, start_unix_ms, end_unix_ms, losses, columns)
     SELECT $1, * FROM unnest(
       $2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::text[], $9::bytea[])`,
    [
      cluster,
      segments.map(() => ++last.segment),
      segments.map(({ node }) => node),
      segments.map(({ epoch }) => epoch),
      segments.map(({ sequence }) => sequence),
      segments.map(({ window }) => window.startUnixMs),
      segments.map(({ window }) => window.endUnixMs),
      segments.map(({ losses }) => JSON.stringify(losses)),
      segments.map(({ rows, window }) => Buffer.from(packRows(rows, window.startUnixMs, numbering))),
    ],
  );
}

async function moveCursors(client: pg.PoolClient, cluster: string, cursors: readonly Cursor[]): Promise<void> {
  await client.query(
    `INSERT INTO weir_cursor (cluster, node, epoch, sequence, window_end_unix_ms)
     SELECT $1, * FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[])
     ON CONFLICT (cluster, node) DO UPDATE
     SET epoch = excluded.epoch, sequence = excluded.sequence, window_end_unix_ms = excluded.window_end_unix_ms`,
    [
      cluster,
      cursors.map(({ node }) => node),
      cursors.map(({ epoch }) => epoch),
      cursors.map(({ sequence }) => sequence),
      cursors.map(({ windowEndUnixMs }) => windowEndUnixMs),
    ],
  );
}

/** Where the database is, without the password. */
function placeOf(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return `PostgreSQL at ${host}${pathname}`;
  } catch {
    return 'PostgreSQL';
  }
}
