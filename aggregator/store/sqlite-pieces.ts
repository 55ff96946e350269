import type Database from 'better-sqlite3';
import type { UnixMs } from '../../core/time.ts';
import type { PieceBlobs } from './piece-codec.ts';
import { type PieceRow, remainsWidthMs } from './piece-row.ts';
import type { Move, Shelf } from './roll-up.ts';
import type { Span } from './store.ts';

/** The table of pieces. */
export class SqlitePieces {
  readonly #first: Database.Statement<[string, number, number, number, number], UnixMs | null>;
  readonly #shelf: Database.Statement<[string, number, number, number, number], number>;
  readonly #beginning: Database.Statement<[string, number, number, number], number>;
  readonly #overlapping: Database.Statement<[string, number, number, number], number>;
  readonly #behind: Database.Statement<[string, number], number>;
  readonly #split: Database.Statement<[string, number, number, number], 0 | 1>;
  readonly #select: Database.Statement<[number], PieceRow>;
  readonly #who: Database.Statement<[number], Pick<PieceRow, 'who' | 'start_unix_ms'>>;
  readonly #insert: Database.Statement<[string, number, number, number, number, Uint8Array, Uint8Array]>;
  readonly #delete: Database.Statement<[number]>;

  constructor(database: Database.Database) {
    const shelf = 'cluster = ? AND width_ms >= ? AND width_ms < ? AND start_unix_ms >= ? AND start_unix_ms < ?';
    const kept = 'cluster = ? AND width_ms < ?';
    this.#first = database
      .prepare<[string, number, number, number, number], UnixMs | null>(
        `SELECT min(start_unix_ms) FROM piece WHERE ${shelf}`,
      )
      .pluck();
    const ids = (where: string) =>
      database.prepare<[string, number, number, number], number>(`SELECT id FROM piece WHERE ${where}`).pluck();
    this.#shelf = database
      .prepare<[string, number, number, number, number], number>(`SELECT id FROM piece WHERE ${shelf} ORDER BY id`)
      .pluck();
    this.#beginning = ids(`${kept} AND start_unix_ms >= ? AND start_unix_ms < ?`);
    this.#overlapping = ids(`${kept} AND end_unix_ms > ? AND first_unix_ms < ?`);
    this.#behind = database
      .prepare<[string, number], number>('SELECT id FROM piece WHERE cluster = ? AND id > ? ORDER BY id')
      .pluck();
    this.#split = database
      .prepare<[string, number, number, number], 0 | 1>(
        `SELECT EXISTS (SELECT 1 FROM piece WHERE ${kept} AND start_unix_ms < ? AND start_unix_ms + width_ms > ?)`,
      )
      .pluck();
    this.#select = database.prepare(
      'SELECT id, width_ms, start_unix_ms, first_unix_ms, end_unix_ms, who, numbers FROM piece WHERE id = ?',
    );
    this.#who = database.prepare('SELECT start_unix_ms, who FROM piece WHERE id = ?');
    this.#insert = database.prepare(
      `INSERT INTO piece (cluster, width_ms, start_unix_ms, first_unix_ms, end_unix_ms, who, numbers)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#delete = database.prepare('DELETE FROM piece WHERE id = ?');
  }

  /** But for the remains. */
  idsIn(cluster: string, { type, window }: Span): number[] {
    const select = type === 'beginning' ? this.#beginning : this.#overlapping;
    return select.all(cluster, remainsWidthMs, window.startUnixMs, window.endUnixMs);
  }

  idsOn(cluster: string, { fromWidthMs, toWidthMs, startsIn }: Shelf): number[] {
    return this.#shelf.all(cluster, fromWidthMs, toWidthMs, startsIn.startUnixMs, startsIn.endUnixMs);
  }

  /** All of them behind that id. */
  idsBehind(cluster: string, afterId: number): number[] {
    return this.#behind.all(cluster, afterId);
  }

  firstStart(cluster: string, { fromWidthMs, toWidthMs, startsIn }: Shelf): UnixMs | null {
    return this.#first.get(cluster, fromWidthMs, toWidthMs, startsIn.startUnixMs, startsIn.endUnixMs) ?? null;
  }

  splits(cluster: string, unixMs: UnixMs): boolean {
    return this.#split.get(cluster, remainsWidthMs, unixMs, unixMs) === 1;
  }

  get(id: number): PieceRow {
    const row = this.#select.get(id);
    if (row === undefined) throw new RangeError(`no piece has the number ${id}`);
    return row;
  }

  /** What of it refers to the dictionary. */
  who(id: number): Pick<PieceBlobs, 'who'> & { readonly start_unix_ms: UnixMs } {
    const row = this.#who.get(id);
    if (row === undefined) throw new RangeError(`no piece has the number ${id}`);
    return row;
  }

  /** To be called inside a transaction. */
  replace(cluster: string, { pieceIds, insert }: Move): void {
    for (const id of pieceIds) this.#delete.run(id);
    for (const { width_ms, start_unix_ms, first_unix_ms, end_unix_ms, who, numbers } of insert) {
      this.#insert.run(cluster, width_ms, start_unix_ms, first_unix_ms, end_unix_ms, who, numbers);
    }
  }
}
