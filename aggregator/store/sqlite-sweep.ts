import type Database from 'better-sqlite3';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { UnixMs } from '../../core/time.ts';
import { DictionaryMarks } from './dictionary-marks.ts';
import type { SegmentColumns } from './segment-row.ts';

interface Blob {
  readonly bytes: Uint8Array;
  readonly start: UnixMs;
}

/** What was marked, and up to which segment and piece. */
export interface Marked {
  readonly marks: DictionaryMarks;
  readonly segmentId: number;
  readonly pieceId: number;
}

/** Removes what nothing in the file refers to any more, of all clusters: they share names. */
export class SqliteSweep {
  readonly #database: Database.Database;

  constructor(database: Database.Database) {
    this.#database = database;
  }

  /** Looks at all that there is, piece by piece. Nothing may be moved meanwhile. */
  async mark(): Promise<Marked> {
    const marks = new DictionaryMarks();
    const [pieces, segments] = [this.#ids('piece', 0), this.#ids('segment', 0)];
    for (const id of pieces) {
      this.#markPiece(marks, id);
      await nextTurn();
    }
    for (const [i, id] of segments.entries()) {
      this.#markSegment(marks, id);
      if (i % 64 === 63) await nextTurn();
    }
    for (const id of this.#ids('checkpoint', 0)) {
      const { bytes, start } = this.#blob(
        'SELECT who AS bytes, from_unix_ms AS start FROM checkpoint WHERE rowid = ?',
        id,
      );
      marks.piece(bytes, start);
      await nextTurn();
    }
    return { marks, segmentId: segments.at(-1) ?? 0, pieceId: pieces.at(-1) ?? 0 };
  }

  /** Marks what came since, and removes what is not marked. To be called inside a transaction. @returns how many lanes */
  sweep({ marks, segmentId, pieceId }: Marked): number {
    for (const id of this.#ids('piece', pieceId)) this.#markPiece(marks, id);
    for (const id of this.#ids('segment', segmentId)) this.#markSegment(marks, id);
    const lanes = this.#delete('lane', marks.lanes);
    this.#database.exec('DELETE FROM edge WHERE id NOT IN (SELECT edge FROM lane)');
    const services = this.#database.prepare<[], number>('SELECT DISTINCT service FROM lane').pluck().all();
    this.#delete('name', new Set([...marks.names, ...services]));
    return lanes;
  }

  #ids(table: 'piece' | 'segment' | 'checkpoint' | 'lane' | 'name', afterId: number): number[] {
    const select = this.#database.prepare<[number], number>(
      `SELECT rowid FROM ${table} WHERE rowid > ? ORDER BY rowid`,
    );
    return select.pluck().all(afterId);
  }

  #blob(sql: string, id: number): Blob {
    return this.#database.prepare<[number], Blob>(sql).get(id) as Blob;
  }

  #markPiece(marks: DictionaryMarks, id: number): void {
    const { bytes, start } = this.#blob('SELECT who AS bytes, start_unix_ms AS start FROM piece WHERE id = ?', id);
    marks.piece(bytes, start);
  }

  #markSegment(marks: DictionaryMarks, id: number): void {
    const select = this.#database.prepare<[number], SegmentColumns>(
      'SELECT columns, start_unix_ms, end_unix_ms FROM segment WHERE id = ?',
    );
    marks.segment(select.get(id) as SegmentColumns);
  }

  #delete(table: 'lane' | 'name', kept: ReadonlySet<number>): number {
    const remove = this.#database.prepare<[number]>(`DELETE FROM ${table} WHERE id = ?`);
    const unmarked = this.#ids(table, 0).filter((id) => !kept.has(id));
    for (const id of unmarked) remove.run(id);
    return unmarked.length;
  }
}
