import type { ClientBase } from 'pg';
import type { Milliseconds } from '../../core/time.ts';
import type { StoredReplica } from './store.ts';

/** Milliseconds since 1970 by the clock of the database, which all processes share. */
const now = '(extract(epoch FROM now()) * 1000)::bigint';

/** The processes that use a database, by what they said of themselves last. */
export class PostgresReplicas {
  async set(client: ClientBase, id: string, body: Uint8Array, forgetAfterMs: Milliseconds): Promise<void> {
    await client.query(
      `INSERT INTO weir_replica (id, seen_unix_ms, body) VALUES ($1, ${now}, $2)
       ON CONFLICT (id) DO UPDATE SET seen_unix_ms = excluded.seen_unix_ms, body = excluded.body`,
      [id, body],
    );
    await client.query(`DELETE FROM weir_replica WHERE seen_unix_ms < ${now} - $1 AND id <> $2`, [forgetAfterMs, id]);
  }

  async remove(client: ClientBase, id: string): Promise<void> {
    await client.query('DELETE FROM weir_replica WHERE id = $1', [id]);
  }

  async list(client: ClientBase): Promise<readonly StoredReplica[]> {
    const { rows } = await client.query<StoredReplica>(
      `SELECT id, greatest(${now} - seen_unix_ms, 0) AS "ageMs", body FROM weir_replica ORDER BY id`,
    );
    return rows;
  }
}
