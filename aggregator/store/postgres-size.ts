import type { ClientBase } from 'pg';

/** Engines that speak PostgreSQL's SQL and have no such function say so with this. */
const unknownFunction = '42883';

/** What the tables that are ours take on disk, with their indexes; null where the engine cannot tell. */
export async function bytesOf(client: ClientBase): Promise<number | null> {
  try {
    const { rows } = await client.query<{ bytes: number | null }>(
      `SELECT sum(pg_total_relation_size(oid))::bigint AS bytes FROM pg_class
       WHERE relkind = 'r' AND relname LIKE 'weir\\_%' AND pg_table_is_visible(oid)`,
    );
    return rows[0]?.bytes ?? null;
  } catch (error) {
    if ((error as { readonly code?: string }).code === unknownFunction) return null;
    throw error;
  }
}
