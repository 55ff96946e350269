import type Database from 'better-sqlite3';
import type { Alias } from '../../core/alias.ts';
import type { UnixMs } from '../../core/time.ts';

interface AliasRow {
  readonly name: string;
  readonly cidr: string;
  readonly allowed: 0 | 1;
  readonly expires_unix_ms: UnixMs | null;
  readonly comment: string;
}

/** The table of aliases. */
export class SqliteAliases {
  readonly #select: Database.Statement<[string], AliasRow>;
  readonly #upsert: Database.Statement<[string, string, string, number, UnixMs | null, string]>;
  readonly #delete: Database.Statement<[string, string]>;
  /** Changes of each cluster's since the file was opened: nobody else changes them meanwhile. */
  readonly #revisions = new Map<string, number>();

  constructor(database: Database.Database) {
    this.#select = database.prepare(
      'SELECT name, cidr, allowed, expires_unix_ms, comment FROM alias WHERE cluster = ?',
    );
    this.#upsert = database.prepare(
      `INSERT OR REPLACE INTO alias (cluster, name, cidr, allowed, expires_unix_ms, comment) VALUES (?, ?, ?, ?, ?, ?)`,
    );
    this.#delete = database.prepare('DELETE FROM alias WHERE cluster = ? AND name = ?');
  }

  list(cluster: string): Alias[] {
    return this.#select.all(cluster).map(({ allowed, expires_unix_ms, ...rest }) => ({
      ...rest,
      allowed: allowed === 1,
      expiresUnixMs: expires_unix_ms,
    }));
  }

  revision(cluster: string): number {
    return this.#revisions.get(cluster) ?? 0;
  }

  set(cluster: string, { name, cidr, allowed, expiresUnixMs, comment }: Alias, revision: number): boolean {
    return this.#change(cluster, revision, () =>
      this.#upsert.run(cluster, name, cidr, allowed ? 1 : 0, expiresUnixMs, comment),
    );
  }

  remove(cluster: string, name: string, revision: number): boolean {
    return this.#change(cluster, revision, () => this.#delete.run(cluster, name));
  }

  #change(cluster: string, revision: number, change: () => unknown): boolean {
    if (revision !== this.revision(cluster)) return false;
    change();
    this.#revisions.set(cluster, revision + 1);
    return true;
  }
}
