import type Database from 'better-sqlite3';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Alias } from '../../core/alias.ts';
import type { Baseline } from '../../core/baseline.ts';
import type { Settings } from '../../core/settings.ts';
import type { Lanes } from '../graph/lane.ts';
import type { LaneColumn } from '../graph/lane-column.ts';
import { judge } from './fence.ts';
import { ReadWriteLock } from './read-write-lock.ts';
import { type Move, nextMove, type RollUpSource } from './roll-up.ts';
import { packSegment } from './segment-codec.ts';
import { SqliteAliases } from './sqlite-aliases.ts';
import type { CheckpointPart } from './piece-row.ts';
import { SqliteBaselines } from './sqlite-baselines.ts';
import { SqliteCheckpoints } from './sqlite-checkpoints.ts';
import { SqliteDictionary } from './sqlite-dictionary.ts';
import { SqlitePieces } from './sqlite-pieces.ts';
import { SqliteSettings } from './sqlite-settings.ts';
import { storeError } from './sqlite-errors.ts';
import { type Owner, takeFile } from './sqlite-owner.ts';
import { openDatabase, schemaVersion, type Synchronous } from './sqlite-schema.ts';
import { SqliteSegments } from './sqlite-segments.ts';
import { SqliteSweep } from './sqlite-sweep.ts';
import { type SqliteTables, SqliteView } from './sqlite-view.ts';
import { freeBlobs, numberWatched, packPiece } from './piece-codec.ts';
import { numberRows } from './columns.ts';
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

export interface SqliteOptions {
  readonly path: string;
  readonly synchronous: Synchronous;
  /** How many lanes are held in memory besides those on disk, and an eighth as many names. */
  readonly maxCached: number;
}

/** How many segments are read at a time before others get their turn. */
const pageSegments = 64;

/** The embedded store: one SQLite file, owned by this process. */
export class SqliteStore implements Store {
  readonly isShared = false;
  readonly kind = 'sqlite';
  readonly place: string;
  readonly #owner: Owner;
  readonly #database: Database.Database;
  readonly #tables: SqliteTables;
  readonly #aliases: SqliteAliases;
  readonly #settings: SqliteSettings;
  readonly #baselines: SqliteBaselines;
  /** What is lent stays as it is until it is given back: moves wait for that. */
  readonly #lock = new ReadWriteLock();
  readonly #commitAll: Database.Transaction<(commits: readonly Commit[]) => CommitResult[]>;
  readonly #moveAll: Database.Transaction<(cluster: string, move: Move) => void>;
  #rolling: Promise<unknown> = Promise.resolve();

  /** @throws WeirError STORE when the file cannot be used; the message says what to do */
  constructor({ path, synchronous, maxCached }: SqliteOptions) {
    this.place = path;
    // Nobody else moves a cursor while this process runs.
    this.#owner = takeFile(path);
    const database = this.#open(synchronous);
    this.#database = database;
    this.#tables = {
      dictionary: new SqliteDictionary(database, maxCached),
      segments: new SqliteSegments(database),
      pieces: new SqlitePieces(database),
      checkpoints: new SqliteCheckpoints(database),
    };
    this.#aliases = new SqliteAliases(database);
    this.#settings = new SqliteSettings(database);
    this.#baselines = new SqliteBaselines(database);
    this.#commitAll = database.transaction((commits: readonly Commit[]) => this.#commitEach(commits));
    this.#moveAll = database.transaction((cluster: string, move: Move) => this.#move(cluster, move));
  }

  size(): Promise<StoreSize> {
    return this.#run(() => {
      const [pages, pageBytes] = ['page_count', 'page_size'].map((name) =>
        this.#database.pragma(name, { simple: true }),
      );
      return { schemaVersion, bytes: Number(pages) * Number(pageBytes) };
    });
  }

  /** Nobody else could read it: the file is this process's own. */
  async setReplica(): Promise<void> {}

  async removeReplica(): Promise<void> {}

  async replicas(): Promise<readonly StoredReplica[]> {
    return [];
  }

  #open(synchronous: Synchronous): Database.Database {
    try {
      return openDatabase(this.place, synchronous);
    } catch (error) {
      this.#owner.release();
      throw error;
    }
  }

  cursors(cluster: string): Promise<readonly Cursor[]> {
    return this.#run(() => this.#tables.segments.cursors(cluster));
  }

  cursor(cluster: string, node: string): Promise<Cursor | null> {
    return this.#run(() => this.#tables.segments.cursor(cluster, node));
  }

  lanesOf(cluster: string): Lanes {
    return this.#tables.dictionary.lanesOf(cluster);
  }

  commit(commits: readonly Commit[]): Promise<readonly CommitResult[]> {
    return this.#run(() => this.#commitAll.immediate(commits));
  }

  #commitEach(commits: readonly Commit[]): CommitResult[] {
    const { segments } = this.#tables;
    let lastId = segments.lastId();
    const reached = new Map<string, number>();
    const results = commits.map((commit) => {
      const result = this.#commitOne(commit, lastId + 1);
      if (result.type === 'committed') reached.set(commit.segment.cluster, ++lastId);
      return result;
    });
    for (const [cluster, id] of reached) segments.reach(cluster, id);
    return results;
  }

  /** @param id what it gets if it is committed */
  #commitOne(commit: Commit, id: number): CommitResult {
    const { segments, dictionary } = this.#tables;
    const { cluster, node } = commit.segment;
    const result = judge(commit, segments.cursor(cluster, node));
    if (result.type !== 'committed') return result;
    const { losses } = result.segment;
    const nameId = (text: string) => dictionary.nameId(text);
    // Pieces will need their numbers.
    for (const text of [node, ...Object.keys(losses)]) nameId(text);
    const columns = packSegment(result.segment, { laneIds: (lanes) => dictionary.laneIds(cluster, lanes), nameId });
    segments.append(id, result.segment, columns);
    return { ...result, id };
  }

  view<Result>(cluster: string, read: (view: StoreView) => Promise<Result>): Promise<Result> {
    return this.#lock.read(async () => {
      const view = await this.#run(() => new SqliteView(cluster, this.#tables));
      return await this.#guard(() => read(view));
    });
  }

  rollUp(cluster: string, plan: RollUpPlan): Promise<RollUpResult> {
    const run = this.#rolling.then(async (): Promise<RollUpResult> => {
      const move = await this.#guard(() => nextMove(this.#source(cluster), plan));
      if (move === null) return 'done';
      await this.#lock.write(() => this.#run(() => this.#moveAll.immediate(cluster, move)));
      freeBlobs(move.insert);
      return 'moved';
    });
    this.#rolling = run.catch(() => undefined);
    return run;
  }

  #source(cluster: string): RollUpSource {
    const { segments, pieces, dictionary } = this.#tables;
    return {
      segments: async (afterId, throughId) => segments.page(cluster, afterId, throughId, pageSegments),
      firstStart: async (shelf) => pieces.firstStart(cluster, shelf),
      pieceIds: async (shelf) => pieces.idsOn(cluster, shelf),
      piece: async (id) => pieces.get(id),
      nameIds: async () => (text) => dictionary.nameId(text),
      names: async () => (id) => dictionary.name(id),
    };
  }

  #move(cluster: string, move: Move): void {
    const { segments, pieces } = this.#tables;
    if (move.segmentsThrough !== null) {
      const { id, count } = move.segmentsThrough;
      const deleted = segments.deleteThrough(cluster, id);
      if (deleted !== count) throw new RangeError(`${deleted} segments would go of which ${count} were merged`);
    }
    pieces.replace(cluster, move);
  }

  async keepCheckpoint(cluster: string, { parts, ...checkpoint }: Checkpoint): Promise<void> {
    const { dictionary, checkpoints } = this.#tables;
    const packed: CheckpointPart[] = [];
    for (const { window, watched, rows, sightings } of parts) {
      const numbers = {
        laneIds: (lanes: LaneColumn) => dictionary.laneIds(cluster, lanes),
        nameId: (text: string) => dictionary.nameId(text),
      };
      packed.push(
        await this.#run(() => ({
          first_unix_ms: window.startUnixMs,
          end_unix_ms: window.endUnixMs,
          ...packPiece(
            { watched: numberWatched(watched, numbers), rows: numberRows(rows, numbers), sightings },
            checkpoint.fromUnixMs,
          ),
        })),
      );
      await nextTurn();
    }
    const replace = this.#database.transaction(() => checkpoints.replace(cluster, checkpoint, packed));
    await this.#lock.write(() => this.#run(() => replace.immediate()));
    freeBlobs(packed);
  }

  async pruneDictionary(): Promise<number> {
    const sweep = new SqliteSweep(this.#database);
    const marked = await this.#lock.read(() => this.#guard(() => sweep.mark()));
    const all = this.#database.transaction(() => sweep.sweep(marked));
    return await this.#lock.write(() =>
      this.#run(() => {
        const lanes = all.immediate();
        this.#tables.dictionary.reset();
        return lanes;
      }),
    );
  }

  revisions(cluster: string): Promise<Revisions> {
    return this.#run(() => ({
      aliases: this.#aliases.revision(cluster),
      settings: this.#settings.get(cluster)?.revision ?? 0,
    }));
  }

  aliases(cluster: string): Promise<StoredAliases> {
    return this.#run(() => ({ aliases: this.#aliases.list(cluster), revision: this.#aliases.revision(cluster) }));
  }

  setAlias(cluster: string, alias: Alias, revision: number): Promise<boolean> {
    return this.#run(() => this.#aliases.set(cluster, alias, revision));
  }

  removeAlias(cluster: string, name: string, revision: number): Promise<boolean> {
    return this.#run(() => this.#aliases.remove(cluster, name, revision));
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

  /** Waits for what is under way. */
  async close(): Promise<void> {
    await this.#rolling;
    await this.#lock.write(async () => this.#database.close());
    this.#owner.release();
  }

  #run<Result>(work: () => Result): Promise<Result> {
    return this.#guard(async () => work());
  }

  async #guard<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      this.#tables.dictionary.reset();
      throw storeError(this.place, error);
    }
  }
}
