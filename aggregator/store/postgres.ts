import type { Logger } from 'pino';
import type { PoolClient } from 'pg';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Alias } from '../../core/alias.ts';
import type { Baseline } from '../../core/baseline.ts';
import { messageOf, WeirError } from '../../core/errors.ts';
import type { Settings } from '../../core/settings.ts';
import type { Milliseconds } from '../../core/time.ts';
import type { Lanes } from '../graph/lane.ts';
import { numberRows } from './columns.ts';
import { freeBlobs, numberWatched, packPiece } from './piece-codec.ts';
import { PostgresAliases } from './postgres-aliases.ts';
import { PostgresBaselines } from './postgres-baselines.ts';
import type { CheckpointPart } from './piece-row.ts';
import { insertCheckpoint } from './postgres-checkpoints.ts';
import { commitCluster, cursorColumns, lockCluster } from './postgres-commit.ts';
import { type Numbering, PostgresDictionary } from './postgres-dictionary.ts';
import { PostgresHosts } from './postgres-hosts.ts';
import { move, sourceOf, takeUpkeep } from './postgres-roll-up.ts';
import { PostgresSettings } from './postgres-settings.ts';
import { PostgresReplicas } from './postgres-replicas.ts';
import { prepareTables, schemaVersion } from './postgres-schema.ts';
import { bytesOf } from './postgres-size.ts';
import { markAll, sweep } from './postgres-sweep.ts';
import { openView } from './postgres-view.ts';
import { nextMove } from './roll-up.ts';
import type {
  Checkpoint,
  Commit,
  CommitResult,
  Cursor,
  Revisions,
  RollUpPlan,
  RollUpResult,
  Store,
  StoredAliases,
  StoredReplica,
  StoreSize,
  StoreView,
} from './store.ts';

export interface PostgresOptions {
  /** postgres://user:password@host:port,host:port/database, as libpq has it. */
  readonly url: string;
  /** File that holds the password; null where the URL says all. */
  readonly passwordFile: string | null;
  /** How many lanes of each cluster are held in memory besides those in the database, and an eighth as many names. */
  readonly maxCached: number;
  readonly log: Logger;
}

/** Those that read for long must not keep those that commit from a connection. */
const maxWriting = 3;
const maxReading = 4;

/** By SQLSTATE, and by the error codes of sockets. */
const advice: Readonly<Record<string, string>> = {
  '28P01': 'the password is not accepted; give another in the URL or in --database-password-file',
  '28000': 'the user is not accepted; check the URL and pg_hba.conf',
  '3D000': 'there is no such database; make it first',
  '42501': 'the user may not do that; let it create tables in the database',
  '53100': 'the disk of the server is full; make room or keep less (--keep)',
  '25006': 'the server only reads; give the address of the primary, or of all with commas',
  '57P03': 'the server is starting or stopping',
  ECONNREFUSED: 'nobody listens there; check host and port, and whether the server runs',
  ENOTFOUND: 'there is no such host; check the URL',
};

/** A store that several aggregators can share: a PostgreSQL database. */
export class PostgresStore implements Store {
  readonly isShared = true;
  readonly kind = 'postgres';
  readonly #writing: PostgresHosts;
  readonly #reading: PostgresHosts;
  readonly #aliases = new PostgresAliases();
  readonly #settings = new PostgresSettings();
  readonly #baselines = new PostgresBaselines();
  readonly #replicas = new PostgresReplicas();
  readonly #maxCached: number;
  readonly #dictionaries = new Map<string, PostgresDictionary>();

  /** Connects, and makes the tables when they are missing. @throws WeirError STORE; the message says what to do */
  static async open(options: PostgresOptions): Promise<PostgresStore> {
    const store = new PostgresStore(options);
    try {
      await store.#write(prepareTables);
      return store;
    } catch (error) {
      // Another aggregator that starts at the same time may have made them.
      const again = await store.#write(prepareTables).then(
        () => null,
        (second: unknown) => second,
      );
      if (again === null) return store;
      await store.close();
      throw error;
    }
  }

  private constructor({ url, passwordFile, maxCached, log }: PostgresOptions) {
    this.#maxCached = maxCached;
    this.#writing = new PostgresHosts(url, passwordFile, maxWriting, log);
    this.#reading = new PostgresHosts(url, passwordFile, maxReading, log);
  }

  get place(): string {
    return this.#writing.place;
  }

  size(): Promise<StoreSize> {
    return this.#write(async (client) => ({ schemaVersion, bytes: await bytesOf(client) }));
  }

  setReplica(id: string, body: Uint8Array, forgetAfterMs: Milliseconds): Promise<void> {
    return this.#write((client) => this.#replicas.set(client, id, body, forgetAfterMs));
  }

  removeReplica(id: string): Promise<void> {
    return this.#write((client) => this.#replicas.remove(client, id));
  }

  replicas(): Promise<readonly StoredReplica[]> {
    return this.#write((client) => this.#replicas.list(client));
  }

  cursors(cluster: string): Promise<readonly Cursor[]> {
    return this.#write(async (client) => {
      const { rows } = await client.query<Cursor>(`SELECT ${cursorColumns} FROM weir_cursor WHERE cluster = $1`, [
        cluster,
      ]);
      // By code units as everywhere here, not by the database's language.
      return rows.toSorted((a, b) => (a.node < b.node ? -1 : 1));
    });
  }

  cursor(cluster: string, node: string): Promise<Cursor | null> {
    return this.#write(async (client) => {
      const { rows } = await client.query<Cursor>(
        `SELECT ${cursorColumns} FROM weir_cursor WHERE cluster = $1 AND node = $2`,
        [cluster, node],
      );
      return rows[0] ?? null;
    });
  }

  async commit(commits: readonly Commit[]): Promise<readonly CommitResult[]> {
    const clusters = [...new Set(commits.map(({ segment }) => segment.cluster))].toSorted();
    const results: CommitResult[] = [];
    const numberings = await this.#write(async (client) => {
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

  lanesOf(cluster: string): Lanes {
    return this.#dictionary(cluster).lanes;
  }

  view<Result>(cluster: string, read: (view: StoreView) => Promise<Result>): Promise<Result> {
    return this.#snapshot(async (client) => await read(await openView(client, cluster, this.#dictionary(cluster))));
  }

  rollUp(cluster: string, plan: RollUpPlan): Promise<RollUpResult> {
    return this.#write(async (client) => {
      await client.query('BEGIN');
      let result: RollUpResult = 'busy';
      if (await takeUpkeep(client, cluster)) {
        const due = await nextMove(sourceOf(client, cluster, this.#dictionary(cluster)), plan);
        result = due === null ? 'done' : 'moved';
        if (due !== null) {
          await move(client, cluster, due);
          freeBlobs(due.insert);
        }
      }
      await client.query('COMMIT');
      return result;
    });
  }

  async keepCheckpoint(cluster: string, { parts, ...checkpoint }: Checkpoint): Promise<void> {
    const dictionary = this.#dictionary(cluster);
    await this.#write(async (client) => {
      const packed: CheckpointPart[] = [];
      await client.query('BEGIN');
      for (const { window, watched, rows, sightings } of parts) {
        const numbering = await dictionary.find(client, rows, watched);
        packed.push({
          first_unix_ms: window.startUnixMs,
          end_unix_ms: window.endUnixMs,
          ...packPiece(
            { watched: numberWatched(watched, numbering), rows: numberRows(rows, numbering), sightings },
            checkpoint.fromUnixMs,
          ),
        });
        await nextTurn();
      }
      await lockCluster(client, cluster);
      await insertCheckpoint(client, cluster, checkpoint, packed);
      await client.query('COMMIT');
      freeBlobs(packed);
    });
  }

  async pruneDictionary(cluster: string): Promise<number> {
    const marked = await this.#snapshot((client) => markAll(client, cluster));
    return await this.#write(async (client) => {
      await client.query('BEGIN');
      const lanes = await sweep(client, cluster, marked);
      await client.query('COMMIT');
      return lanes ?? 0;
    });
  }

  /** Reads everything as it was at one moment. */
  #snapshot<Result>(read: (client: PoolClient) => Promise<Result>): Promise<Result> {
    return this.#run(this.#reading, async (client) => {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      const result = await read(client);
      await client.query('COMMIT');
      return result;
    });
  }

  revisions(cluster: string): Promise<Revisions> {
    return this.#write(async (client) => {
      const { rows } = await client.query<Revisions>(
        `SELECT coalesce((SELECT alias_revision FROM weir_cluster WHERE name = $1), 0) AS aliases,
                coalesce((SELECT revision FROM weir_settings WHERE cluster = $1), 0) AS settings`,
        [cluster],
      );
      return rows[0] as Revisions;
    });
  }

  aliases(cluster: string): Promise<StoredAliases> {
    return this.#write((client) => this.#aliases.list(client, cluster));
  }

  setAlias(cluster: string, alias: Alias, revision: number): Promise<boolean> {
    return this.#write((client) => this.#aliases.set(client, cluster, alias, revision));
  }

  removeAlias(cluster: string, name: string, revision: number): Promise<boolean> {
    return this.#write((client) => this.#aliases.remove(client, cluster, name, revision));
  }

  settings(cluster: string): Promise<Settings | null> {
    return this.#write((client) => this.#settings.get(client, cluster));
  }

  setSettings(cluster: string, settings: Settings): Promise<boolean> {
    return this.#write((client) => this.#settings.set(client, cluster, settings));
  }

  baselines(cluster: string): Promise<readonly Baseline[]> {
    return this.#write((client) => this.#baselines.list(client, cluster));
  }

  baselineEdges(cluster: string, name: string): Promise<Uint8Array | null> {
    return this.#write((client) => this.#baselines.edges(client, cluster, name));
  }

  setBaseline(cluster: string, baseline: Baseline, edges: Uint8Array): Promise<void> {
    return this.#write((client) => this.#baselines.set(client, cluster, baseline, edges));
  }

  removeBaseline(cluster: string, name: string): Promise<void> {
    return this.#write((client) => this.#baselines.remove(client, cluster, name));
  }

  async close(): Promise<void> {
    await this.#writing.end();
    await this.#reading.end();
  }

  #dictionary(cluster: string): PostgresDictionary {
    let dictionary = this.#dictionaries.get(cluster);
    if (dictionary === undefined) {
      dictionary = new PostgresDictionary(cluster, this.#maxCached);
      this.#dictionaries.set(cluster, dictionary);
    }
    return dictionary;
  }

  #write<Result>(work: (client: PoolClient) => Promise<Result>): Promise<Result> {
    return this.#run(this.#writing, work);
  }

  /** Runs work on a connection, which is not used again when it failed: what it was in the midst of ends with it. */
  async #run<Result>(hosts: PostgresHosts, work: (client: PoolClient) => Promise<Result>): Promise<Result> {
    let client: PoolClient | null = null;
    try {
      client = await hosts.connect();
      const result = await work(client);
      client.release();
      return result;
    } catch (error) {
      client?.release(true);
      throw storeError(hosts.place, error);
    }
  }
}

function storeError(place: string, error: unknown): WeirError {
  if (error instanceof WeirError) return error;
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const { code = '' } = inner as { readonly code?: string };
  const what = advice[code] === undefined ? messageOf(inner) : `${advice[code]} (${messageOf(inner)})`;
  return new WeirError('STORE', `${place}: ${what}`, { cause: error, detail: { place, code } });
}
