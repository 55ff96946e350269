import type { ClientBase } from 'pg';
import type { Alias } from '../../core/alias.ts';
import { lockCluster } from './postgres-commit.ts';
import type { StoredAliases } from './store.ts';

/** The table of aliases. Their revision is in the cluster's row. */
export class PostgresAliases {
  async list(client: ClientBase, cluster: string): Promise<StoredAliases> {
    // The revision first: aliases that change in between are read again when the next one is seen.
    const found = await client.query<{ revision: number }>(
      'SELECT alias_revision AS revision FROM weir_cluster WHERE name = $1',
      [cluster],
    );
    const { rows } = await client.query<Alias>(
      `SELECT name, cidr, allowed, expires_unix_ms AS "expiresUnixMs", comment FROM weir_alias WHERE cluster = $1`,
      [cluster],
    );
    return { aliases: rows, revision: found.rows[0]?.revision ?? 0 };
  }

  set(client: ClientBase, cluster: string, alias: Alias, revision: number): Promise<boolean> {
    const { name, cidr, allowed, expiresUnixMs, comment } = alias;
    return changed(client, cluster, revision, () =>
      client.query(
        `INSERT INTO weir_alias (cluster, name, cidr, allowed, expires_unix_ms, comment)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (cluster, name) DO UPDATE
         SET cidr = excluded.cidr, allowed = excluded.allowed,
             expires_unix_ms = excluded.expires_unix_ms, comment = excluded.comment`,
        [cluster, name, cidr, allowed, expiresUnixMs, comment],
      ),
    );
  }

  remove(client: ClientBase, cluster: string, name: string, revision: number): Promise<boolean> {
    return changed(client, cluster, revision, () =>
      client.query('DELETE FROM weir_alias WHERE cluster = $1 AND name = $2', [cluster, name]),
    );
  }
}

/** Makes one change and counts the revision up, in one transaction. @returns false when the revision is another */
async function changed(
  client: ClientBase,
  cluster: string,
  revision: number,
  change: () => Promise<unknown>,
): Promise<boolean> {
  await client.query('BEGIN');
  await lockCluster(client, cluster);
  const { rowCount } = await client.query(
    'UPDATE weir_cluster SET alias_revision = alias_revision + 1 WHERE name = $1 AND alias_revision = $2',
    [cluster, revision],
  );
  if (rowCount === 1) await change();
  await client.query('COMMIT');
  return rowCount === 1;
}
