import type { PoolClient } from 'pg';
import { WeirError } from '../../core/errors.ts';

/** Counts up with every change of the tables or of the form of the segments in them. */
const schemaVersion = 3;

/*
 * Plain tables, keys and row locks only, so that engines which speak PostgreSQL's SQL can keep them. What is asked for
 * together has the cluster in front of its key.
 */
const schema = [
  `CREATE TABLE weir_schema (
     version INTEGER NOT NULL PRIMARY KEY
   )`,
  // One row for each cluster: whoever commits segments of it holds its lock, so that their numbers rise as they commit.
  `CREATE TABLE weir_cluster (
     name         TEXT   NOT NULL PRIMARY KEY,
     last_segment BIGINT NOT NULL,
     last_lane    BIGINT NOT NULL,
     last_name    BIGINT NOT NULL
   )`,
  // What one end reports of an edge, by one Service or by none: numbered in the segments.
  `CREATE TABLE weir_lane (
     cluster TEXT   NOT NULL,
     id      BIGINT NOT NULL,
     key     TEXT   NOT NULL,
     lane    TEXT   NOT NULL,  -- edge, reporter and Service as JSON
     PRIMARY KEY (cluster, id),
     UNIQUE (cluster, key)
   )`,
  // Drop reasons, and servers' names.
  `CREATE TABLE weir_name (
     cluster TEXT   NOT NULL,
     id      BIGINT NOT NULL,
     text    TEXT   NOT NULL,
     PRIMARY KEY (cluster, id),
     UNIQUE (cluster, text)
   )`,
  `CREATE TABLE weir_segment (
     cluster       TEXT   NOT NULL,
     id            BIGINT NOT NULL,
     node          TEXT   NOT NULL,
     epoch         BIGINT NOT NULL,
     sequence      BIGINT NOT NULL,
     start_unix_ms BIGINT NOT NULL,
     end_unix_ms   BIGINT NOT NULL,
     losses        TEXT   NOT NULL,  -- JSON object, {} when the window is complete
     columns       BYTEA  NOT NULL,
     PRIMARY KEY (cluster, id)
   )`,
  'CREATE INDEX weir_segment_end ON weir_segment (cluster, end_unix_ms)',
  `CREATE TABLE weir_cursor (
     cluster            TEXT   NOT NULL,
     node               TEXT   NOT NULL,
     epoch              BIGINT NOT NULL,
     sequence           BIGINT NOT NULL,
     window_end_unix_ms BIGINT NOT NULL,
     PRIMARY KEY (cluster, node)
   )`,
  `CREATE TABLE weir_alias (
     cluster         TEXT    NOT NULL,
     name            TEXT    NOT NULL,
     cidr            TEXT    NOT NULL,
     allowed         BOOLEAN NOT NULL,
     expires_unix_ms BIGINT,  -- NULL when it has no end
     comment         TEXT    NOT NULL,
     PRIMARY KEY (cluster, name)
   )`,
  `CREATE TABLE weir_settings (
     cluster  TEXT   NOT NULL PRIMARY KEY,
     revision BIGINT NOT NULL,
     body     TEXT   NOT NULL  -- as JSON
   )`,
  `CREATE TABLE weir_baseline (
     cluster TEXT  NOT NULL,
     name    TEXT  NOT NULL,
     body    TEXT  NOT NULL,  -- all but its edges, as JSON
     edges   BYTEA NOT NULL,
     PRIMARY KEY (cluster, name)
   )`,
  `INSERT INTO weir_schema (version) VALUES (${schemaVersion})`,
];

async function versionOf(client: PoolClient): Promise<number | null> {
  const { rows } = await client.query<{ there: boolean }>("SELECT to_regclass('weir_schema') IS NOT NULL AS there");
  if (rows[0]?.there !== true) return null;
  const found = await client.query<{ version: number }>('SELECT version FROM weir_schema');
  return found.rows[0]?.version ?? null;
}

/** Makes the tables where there are none. @throws WeirError STORE when they are of another version */
export async function prepareTables(client: PoolClient): Promise<void> {
  const version = await versionOf(client);
  if (version === schemaVersion) return;
  if (version !== null) {
    const what = `the tables have schema ${version}, this version of Weir reads ${schemaVersion}; name another database`;
    throw new WeirError('STORE', what);
  }
  await client.query('BEGIN');
  for (const statement of schema) await client.query(statement);
  await client.query('COMMIT');
}
