import type { ClientBase } from 'pg';
import type { Settings } from '../../core/settings.ts';

/** The table of settings: one row for each cluster that has any. */
export class PostgresSettings {
  async get(client: ClientBase, cluster: string): Promise<Settings | null> {
    const query = 'SELECT body FROM weir_settings WHERE cluster = $1';
    const { rows } = await client.query<{ body: string }>(query, [cluster]);
    return rows[0] === undefined ? null : (JSON.parse(rows[0].body) as Settings);
  }

  async set(client: ClientBase, cluster: string, settings: Settings): Promise<boolean> {
    const [body, { revision }] = [JSON.stringify(settings), settings];
    const { rowCount } =
      revision === 1
        ? await client.query(
            'INSERT INTO weir_settings (cluster, revision, body) VALUES ($1, 1, $2) ON CONFLICT (cluster) DO NOTHING',
            [cluster, body],
          )
        : await client.query('UPDATE weir_settings SET revision = $2, body = $3 WHERE cluster = $1 AND revision = $4', [
            cluster,
            revision,
            body,
            revision - 1,
          ]);
    return rowCount === 1;
  }
}
