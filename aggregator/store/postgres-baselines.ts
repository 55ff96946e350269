import type { ClientBase } from 'pg';
import type { Baseline } from '../../core/baseline.ts';

/** The table of baselines. */
export class PostgresBaselines {
  async list(client: ClientBase, cluster: string): Promise<readonly Baseline[]> {
    const query = 'SELECT body FROM weir_baseline WHERE cluster = $1';
    const { rows } = await client.query<{ body: string }>(query, [cluster]);
    return rows.map(({ body }) => JSON.parse(body) as Baseline);
  }

  async edges(client: ClientBase, cluster: string, name: string): Promise<Uint8Array | null> {
    const query = 'SELECT edges FROM weir_baseline WHERE cluster = $1 AND name = $2';
    const { rows } = await client.query<{ edges: Buffer }>(query, [cluster, name]);
    return rows[0]?.edges ?? null;
  }

  async set(client: ClientBase, cluster: string, baseline: Baseline, edges: Uint8Array): Promise<void> {
    await client.query(
      `INSERT INTO weir_baseline (cluster, name, body, edges) VALUES ($1, $2, $3, $4)
       ON CONFLICT (cluster, name) DO UPDATE SET body = EXCLUDED.body, edges = EXCLUDED.edges`,
      [cluster, baseline.name, JSON.stringify(baseline), edges],
    );
  }

  async remove(client: ClientBase, cluster: string, name: string): Promise<void> {
    await client.query('DELETE FROM weir_baseline WHERE cluster = $1 AND name = $2', [cluster, name]);
  }
}
