import type Database from 'better-sqlite3';
import type { Settings } from '../../core/settings.ts';

/** The table of settings: one row for each cluster that has any. */
export class SqliteSettings {
  readonly #select: Database.Statement<[string], string>;
  readonly #insert: Database.Statement<[string, number, string]>;
  readonly #update: Database.Statement<[number, string, string, number]>;

  constructor(database: Database.Database) {
    this.#select = database.prepare<[string], string>('SELECT body FROM settings WHERE cluster = ?').pluck();
    this.#insert = database.prepare('INSERT OR IGNORE INTO settings (cluster, revision, body) VALUES (?, ?, ?)');
    this.#update = database.prepare('UPDATE settings SET revision = ?, body = ? WHERE cluster = ? AND revision = ?');
  }

  get(cluster: string): Settings | null {
    const body = this.#select.get(cluster);
    return body === undefined ? null : (JSON.parse(body) as Settings);
  }

  set(cluster: string, settings: Settings): boolean {
    const [body, { revision }] = [JSON.stringify(settings), settings];
    const { changes } =
      revision === 1
        ? this.#insert.run(cluster, revision, body)
        : this.#update.run(revision, body, cluster, revision - 1);
    return changes === 1;
  }
}
