import type Database from 'better-sqlite3';
import type { Segment } from '../graph/segment.ts';
import type { SegmentRow } from './segment-row.ts';
import type { Cursor, Span } from './store.ts';

/** Where a cluster's log stands. */
export interface LogState {
  readonly lastId: number;
  readonly rolledId: number;
}

const cursorColumns = 'node, epoch, sequence, window_end_unix_ms AS windowEndUnixMs';

/** The tables of segments and cursors. */
export class SqliteSegments {
  readonly #state: Database.Statement<[string], LogState>;
  readonly #lastOfAll: Database.Statement<[], number | null>;
  readonly #moveState: Database.Statement<[string, number, number]>;
  readonly #cursors: Database.Statement<[string], Cursor>;
  readonly #cursor: Database.Statement<[string, string], Cursor>;
  readonly #upsertCursor: Database.Statement<[string, string, number, number, number]>;
  readonly #insert: Database.Statement<[number, string, string, number, number, number, number, string, Uint8Array]>;
  readonly #page: Database.Statement<[string, number, number, number], SegmentRow>;
  readonly #beginning: Database.Statement<[string, number, number, number, number], number>;
  readonly #overlapping: Database.Statement<[string, number, number, number, number], number>;
  readonly #select: Database.Statement<[number], SegmentRow>;
  readonly #deleteThrough: Database.Statement<[string, number]>;

  constructor(database: Database.Database) {
    this.#state = database.prepare(
      'SELECT last_segment AS lastId, rolled_segment AS rolledId FROM cluster WHERE name = ?',
    );
    this.#lastOfAll = database.prepare<[], number | null>('SELECT max(last_segment) FROM cluster').pluck();
    this.#moveState = database.prepare('INSERT OR REPLACE INTO cluster VALUES (?, ?, ?)');
    this.#cursors = database.prepare(`SELECT ${cursorColumns} FROM cursor WHERE cluster = ? ORDER BY node`);
    this.#cursor = database.prepare(`SELECT ${cursorColumns} FROM cursor WHERE cluster = ? AND node = ?`);
    this.#upsertCursor = database.prepare('INSERT OR REPLACE INTO cursor VALUES (?, ?, ?, ?, ?)');
    this.#insert = database.prepare(
      `INSERT INTO segment (id, cluster, node, epoch, sequence, start_unix_ms, end_unix_ms, losses, columns)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#page = database.prepare('SELECT * FROM segment WHERE cluster = ? AND id > ? AND id <= ? ORDER BY id LIMIT ?');
    const ids = (where: string) =>
      database
        .prepare<[string, number, number, number, number], number>(
          `SELECT id FROM segment INDEXED BY segment_time WHERE cluster = ? AND ${where} AND id > ? AND id <= ?`,
        )
        .pluck();
    this.#beginning = ids('start_unix_ms >= ? AND start_unix_ms < ?');
    this.#overlapping = ids('end_unix_ms > ? AND start_unix_ms < ?');
    this.#select = database.prepare('SELECT * FROM segment WHERE id = ?');
    this.#deleteThrough = database.prepare('DELETE FROM segment WHERE cluster = ? AND id <= ?');
  }

  state(cluster: string): LogState {
    return this.#state.get(cluster) ?? { lastId: 0, rolledId: 0 };
  }

  cursors(cluster: string): Cursor[] {
    return this.#cursors.all(cluster);
  }

  cursor(cluster: string, node: string): Cursor | null {
    return this.#cursor.get(cluster, node) ?? null;
  }

  /** The last id that was given, whatever the cluster; 0 when there was none. */
  lastId(): number {
    return this.#lastOfAll.get() ?? 0;
  }

  /** Tells that a cluster's segments reach up to there. To be called inside a transaction. */
  reach(cluster: string, id: number): void {
    this.#moveState.run(cluster, id, this.state(cluster).rolledId);
  }

  /** Puts a segment behind all others and moves its node's cursor. To be called inside a transaction that calls `reach`. */
  append(
    id: number,
    { cluster, node, epoch, sequence, window, losses }: Omit<Segment, 'rows'>,
    columns: Uint8Array,
  ): void {
    const { startUnixMs, endUnixMs } = window;
    this.#insert.run(id, cluster, node, epoch, sequence, startUnixMs, endUnixMs, JSON.stringify(losses), columns);
    this.#upsertCursor.run(cluster, node, epoch, sequence, endUnixMs);
  }

  /** In the order of their ids. */
  page(cluster: string, afterId: number, throughId: number, limit: number): SegmentRow[] {
    return this.#page.all(cluster, afterId, throughId, limit);
  }

  /** Sorted. */
  ids(cluster: string, { type, window }: Span, afterId: number, throughId: number): number[] {
    const select = type === 'beginning' ? this.#beginning : this.#overlapping;
    return select.all(cluster, window.startUnixMs, window.endUnixMs, afterId, throughId).toSorted((a, b) => a - b);
  }

  get(id: number): SegmentRow {
    const row = this.#select.get(id);
    if (row === undefined) throw new RangeError(`no segment has the number ${id}`);
    return row;
  }

  /** To be called inside a transaction. @returns how many there were */
  deleteThrough(cluster: string, id: number): number {
    this.#moveState.run(cluster, this.state(cluster).lastId, id);
    return this.#deleteThrough.run(cluster, id).changes;
  }
}
