import type Database from 'better-sqlite3';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Alias } from '../../core/alias.ts';
import type { Baseline } from '../../core/baseline.ts';
import type { Settings } from '../../core/settings.ts';
import type { UnixMs, Window } from '../../core/time.ts';
import type { Segment } from '../graph/segment.ts';
import { judge } from './fence.ts';
import { nameRows, packRows, unpackRows } from './segment-codec.ts';
import { type SegmentRow, segmentOf } from './segment-row.ts';
import { SqliteAliases } from './sqlite-aliases.ts';
import { SqliteBaselines } from './sqlite-baselines.ts';
import { SqliteDictionary } from './sqlite-dictionary.ts';
import { SqliteSettings } from './sqlite-settings.ts';
import { openDatabase, storeError, type Synchronous } from './sqlite-schema.ts';
import type { Commit, CommitResult, Cursor, Store } from './store.ts';

export interface SqliteOptions {
  readonly path: string;
  readonly synchronous: Synchronous;
  /** How many lanes, and how many names, are held in memory besides those on disk. */
  readonly maxCached: number;
}

/** How many segments are read at a time before others get their turn. */
const pageSegments = 64;

const cursorColumns = 'node, epoch, sequence, window_end_unix_ms AS windowEndUnixMs';

/** The embedded store: one SQLite file, owned by this process. */
export class SqliteStore implements Store {
  readonly #path: string;
  readonly #database: Database.Database;
  readonly #dictionary: SqliteDictionary;
  readonly #aliases: SqliteAliases;
  readonly #settings: SqliteSettings;
  readonly #baselines: SqliteBaselines;
  readonly #commitAll: Database.Transaction<(commits: readonly Commit[]) => CommitResult[]>;
  readonly #pruneSome: Database.Transaction<(cluster: string, before: UnixMs, limit: number) => Segment[]>;
  readonly #selectCursor: Database.Statement<[string, string], Cursor>;
  readonly #upsertCursor: Database.Statement<[string, string, number, number, number]>;
  readonly #insertSegment: Database.Statement<[string, string, number, number, number, number, string, Uint8Array]>;
  readonly #selectSegments: Database.Statement<[string, number, number, number, number], SegmentRow>;
  readonly #selectOldest: Database.Statement<[string, number, number], SegmentRow>;
  readonly #deleteSegment: Database.Statement<[number]>;

  /** @throws WeirError STORE when the file cannot be used; the message says what to do */
  constructor({ path, synchronous, maxCached }: SqliteOptions) {
    this.#path = path;
    const database = openDatabase(path, synchronous);
    this.#database = database;
    this.#dictionary = new SqliteDictionary(database, maxCached);
    this.#aliases = new SqliteAliases(database);
    this.#settings = new SqliteSettings(database);
    this.#baselines = new SqliteBaselines(database);
    this.#commitAll = database.transaction((commits: readonly Commit[]) =>
      commits.map((each) => this.#commitOne(each)),
    );
    this.#pruneSome = database.transaction((cluster: string, before: UnixMs, limit: number) =>
      this.#selectOldest.all(cluster, before, limit).map((row) => {
        this.#deleteSegment.run(row.id);
        return this.#segmentOf(cluster, row);
      }),
    );
    this.#selectCursor = database.prepare(`SELECT ${cursorColumns} FROM cursor WHERE cluster = ? AND node = ?`);
    this.#upsertCursor = database.prepare('INSERT OR REPLACE INTO cursor VALUES (?, ?, ?, ?, ?)');
    this.#insertSegment = database.prepare(
      `INSERT INTO segment (cluster, node, epoch, sequence, start_unix_ms, end_unix_ms, losses, columns)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#selectSegments = database.prepare(
      `SELECT * FROM segment
       WHERE cluster = ? AND end_unix_ms > ? AND start_unix_ms < ? AND id > ? ORDER BY id LIMIT ?`,
    );
    this.#selectOldest = database.prepare(
      'SELECT * FROM segment WHERE cluster = ? AND end_unix_ms < ? ORDER BY end_unix_ms, id LIMIT ?',
    );
    this.#deleteSegment = database.prepare('DELETE FROM segment WHERE id = ?');
  }

  cursors(cluster: string): Promise<readonly Cursor[]> {
    return this.#run(() =>
      this.#database
        .prepare<[string], Cursor>(`SELECT ${cursorColumns} FROM cursor WHERE cluster = ? ORDER BY node`)
        .all(cluster),
    );
  }

  commit(commits: readonly Commit[]): Promise<readonly CommitResult[]> {
    return this.#run(() => this.#commitAll.immediate(commits));
  }

  async *segments(cluster: string, { startUnixMs, endUnixMs }: Window): AsyncGenerator<Segment> {
    for (let last = 0; ; ) {
      const after = last;
      const page = await this.#run(() =>
        this.#selectSegments.all(cluster, startUnixMs, endUnixMs, after, pageSegments).map((row) => {
          last = row.id;
          return this.#segmentOf(cluster, row);
        }),
      );
      yield* page;
      if (page.length < pageSegments) return;
      await nextTurn();
    }
  }

  prune(cluster: string, beforeUnixMs: UnixMs, limit: number): Promise<readonly Segment[]> {
    return this.#run(() => this.#pruneSome.immediate(cluster, beforeUnixMs, limit));
  }

  aliases(cluster: string): Promise<readonly Alias[]> {
    return this.#run(() => this.#aliases.list(cluster));
  }

  setAlias(cluster: string, alias: Alias): Promise<void> {
    return this.#run(() => this.#aliases.set(cluster, alias));
  }

  removeAlias(cluster: string, name: string): Promise<void> {
    return this.#run(() => this.#aliases.remove(cluster, name));
  }

  settings(cluster: string): Promise<Settings | null> {
    return this.#run(() => this.#settings.get(cluster));
  }

  setSettings(cluster: string, settings: Settings): Promise<boolean> {
    return this.#run(() => this.#settings.set(cluster, settings));
  }

  baselines(cluster: string): Promise<readonly Baseline[]> {
    return this.#run(() => this.#baselines.list(cluster));
  }

  baselineEdges(cluster: string, name: string): Promise<Uint8Array | null> {
    return this.#run(() => this.#baselines.edges(cluster, name));
  }

  setBaseline(cluster: string, baseline: Baseline, edges: Uint8Array): Promise<void> {
    return this.#run(() => this.#baselines.set(cluster, baseline, edges));
  }

  removeBaseline(cluster: string, name: string): Promise<void> {
    return this.#run(() => this.#baselines.remove(cluster, name));
  }

  close(): Promise<void> {
    this.#database.close();
    return Promise.resolve();
  }

  #run<Result>(work: () => Result): Promise<Result> {
    try {
      return Promise.resolve(work());
    } catch (error) {
      this.#dictionary.reset();
      return Promise.reject(storeError(this.#path, error));
    }
  }

  #commitOne(commit: Commit): CommitResult {
    const { cluster, node } = commit.segment;
    const result = judge(commit, this.#selectCursor.get(cluster, node) ?? null);
    if (result.type !== 'committed') return result;
    const { epoch, sequence, window, losses, rows } = result.segment;
    const { startUnixMs, endUnixMs } = window;
    const columns = packRows(rows, startUnixMs, {
      laneId: (lane) => this.#dictionary.laneId(cluster, lane),
      nameId: (text) => this.#dictionary.nameId(text),
    });
    this.#insertSegment.run(cluster, node, epoch, sequence, startUnixMs, endUnixMs, JSON.stringify(losses), columns);
    this.#upsertCursor.run(cluster, node, epoch, sequence, endUnixMs);
    return result;
  }

  #segmentOf(cluster: string, row: SegmentRow): Segment {
    return segmentOf(cluster, row, nameRows(unpackRows(row.columns, row.start_unix_ms), this.#dictionary));
  }
}
