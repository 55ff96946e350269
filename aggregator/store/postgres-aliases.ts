import type { ClientBase } from 'pg';
import type { Alias } from '../../core/alias.ts';

/** The table of aliases. */
export class PostgresAliases {
  async list(client: ClientBase, cluster: string): Promise<readonly Alias[]> {
    const { rows } = await client.query<Alias>(
      `SELECT name, cidr, allowed, expires_unix_ms AS "expiresUnixMs", comment FROM weir_alias WHERE cluster = $1`,
      [cluster],
    );
    return rows;
  }

  async set(client: ClientBase, cluster: string, alias: Alias): Promise<void> {
    const { name, cidr, allowed, expiresUnixMs, comment } = alias;
    await client.query(
      `INSERT INTO weir_alias (cluster, name, cidr, allowed, expires_unix_ms, comment)
       VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (cluster, name) DO UPDATE
       SET cidr = excluded.cidr, allowed = excluded.allowed,
           expires_unix_ms = excluded.expires_unix_ms, comment = excluded.comment`,
      [cluster, name, cidr, allowed, expiresUnixMs, comment],
    );
  }

  async remove(client: ClientBase, cluster: string, name: string): Promise<void> {
    await client.query('DELETE FROM weir_alias WHERE cluster = $1 AND name = $2', [cluster, name]);
  }
}
