import type Database from 'better-sqlite3';
import type { Baseline } from '../../core/baseline.ts';

/** The table of baselines. */
export class SqliteBaselines {
  readonly #select: Database.Statement<[string], string>;
  readonly #selectEdges: Database.Statement<[string, string], Buffer>;
  readonly #upsert: Database.Statement<[string, string, string, Uint8Array]>;
  readonly #delete: Database.Statement<[string, string]>;

  constructor(database: Database.Database) {
    this.#select = database.prepare<[string], string>('SELECT body FROM baseline WHERE cluster = ?').pluck();
    this.#selectEdges = database
      .prepare<[string, string], Buffer>('SELECT edges FROM baseline WHERE cluster = ? AND name = ?')
      .pluck();
    this.#upsert = database.prepare('INSERT OR REPLACE INTO baseline (cluster, name, body, edges) VALUES (?, ?, ?, ?)');
    this.#delete = database.prepare('DELETE FROM baseline WHERE cluster = ? AND name = ?');
  }

  list(cluster: string): Baseline[] {
    return this.#select.all(cluster).map((body) => JSON.parse(body) as Baseline);
  }

  edges(cluster: string, name: string): Uint8Array | null {
    return this.#selectEdges.get(cluster, name) ?? null;
  }

  set(cluster: string, baseline: Baseline, edges: Uint8Array): void {
    this.#upsert.run(cluster, baseline.name, JSON.stringify(baseline), edges);
  }

  remove(cluster: string, name: string): void {
    this.#delete.run(cluster, name);
  }
}
