import type Database from 'better-sqlite3';
import type { UnixMs } from '../../core/time.ts';
import type { CheckpointPart } from './piece-row.ts';
import type { Checkpoint } from './store.ts';

interface Head {
  readonly throughId: number;
  readonly fromUnixMs: UnixMs;
  /** As JSON. */
  readonly ahead: string;
  readonly parts: number;
}

/** The table of checkpoints. */
export class SqliteCheckpoints {
  readonly #head: Database.Statement<[string, number], Head>;
  readonly #part: Database.Statement<[string, number, number], CheckpointPart>;
  readonly #delete: Database.Statement<[string, number]>;
  readonly #insert: Database.Statement<
    [string, number, number, string, number, number, number, number, Uint8Array, Uint8Array]
  >;

  constructor(database: Database.Database) {
    this.#head = database.prepare(
      `SELECT through_id AS throughId, from_unix_ms AS fromUnixMs, ahead, count(*) AS parts
       FROM checkpoint WHERE cluster = ? AND length_ms = ? GROUP BY through_id, from_unix_ms, ahead`,
    );
    this.#part = database.prepare(
      'SELECT first_unix_ms, end_unix_ms, who, numbers FROM checkpoint WHERE cluster = ? AND length_ms = ? AND part = ?',
    );
    this.#delete = database.prepare('DELETE FROM checkpoint WHERE cluster = ? AND length_ms = ?');
    this.#insert = database.prepare(
      `INSERT INTO checkpoint
         (cluster, length_ms, through_id, ahead, from_unix_ms, part, first_unix_ms, end_unix_ms, who, numbers)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
  }

  head(cluster: string, lengthMs: number): Head | null {
    return this.#head.get(cluster, lengthMs) ?? null;
  }

  /** @throws RangeError when there is none */
  part(cluster: string, lengthMs: number, part: number): CheckpointPart {
    const row = this.#part.get(cluster, lengthMs, part);
    if (row === undefined) throw new RangeError(`the checkpoint has no part ${part}`);
    return row;
  }

  /** To be called inside a transaction. */
  replace(
    cluster: string,
    { lengthMs, throughId, aheadIds, fromUnixMs }: Omit<Checkpoint, 'parts'>,
    parts: readonly CheckpointPart[],
  ): void {
    if ((this.head(cluster, lengthMs)?.throughId ?? 0) > throughId) return;
    this.#delete.run(cluster, lengthMs);
    const head = [cluster, lengthMs, throughId, JSON.stringify(aheadIds), fromUnixMs] as const;
    for (const [i, { first_unix_ms, end_unix_ms, who, numbers }] of parts.entries()) {
      this.#insert.run(...head, i, first_unix_ms, end_unix_ms, who, numbers);
    }
  }
}
