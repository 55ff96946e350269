import type { PoolClient } from 'pg';
import { WeirError } from '../../core/errors.ts';

const firstTables = [
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
  // Drop reasons, servers' names, nodes and stages of loss.
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
];

const settingsTables = [
  `CREATE TABLE weir_settings (
     cluster  TEXT   NOT NULL PRIMARY KEY,
     revision BIGINT NOT NULL,
     body     TEXT   NOT NULL  -- as JSON
   )`,
];

const baselineTables = [
  `CREATE TABLE weir_baseline (
     cluster TEXT  NOT NULL,
     name    TEXT  NOT NULL,
     body    TEXT  NOT NULL,  -- all but its edges, as JSON
     edges   BYTEA NOT NULL,
     PRIMARY KEY (cluster, name)
   )`,
];

const pieceTables = [
  'ALTER TABLE weir_cluster ADD COLUMN last_piece BIGINT NOT NULL DEFAULT 0',
  // Segments up to here are in pieces.
  'ALTER TABLE weir_cluster ADD COLUMN rolled_segment BIGINT NOT NULL DEFAULT 0',
  // Counts up when rows of the dictionary were removed: then nobody's memory of it holds any more.
  'ALTER TABLE weir_cluster ADD COLUMN prunings BIGINT NOT NULL DEFAULT 0',
  // Nodes and stages of loss have numbers like all other names.
  `INSERT INTO weir_name (cluster, id, text)
     SELECT cluster, last_name + row_number() OVER (PARTITION BY cluster ORDER BY text), text FROM (
       SELECT DISTINCT s.cluster, c.last_name, t.text
       FROM weir_segment s JOIN weir_cluster c ON c.name = s.cluster,
         LATERAL (SELECT s.node AS text UNION SELECT json_object_keys(s.losses::json)) t
       WHERE NOT EXISTS (SELECT 1 FROM weir_name n WHERE n.cluster = s.cluster AND n.text = t.text)
     ) missing`,
  `UPDATE weir_cluster SET last_name = greatest(
     last_name, (SELECT coalesce(max(id), 0) FROM weir_name WHERE weir_name.cluster = weir_cluster.name))`,
  'DROP INDEX weir_segment_end',
  'CREATE INDEX weir_segment_time ON weir_segment (cluster, start_unix_ms, end_unix_ms)',
  // The merged rows of all nodes in one bucket of time: a bucket may have several.
  `CREATE TABLE weir_piece (
     cluster       TEXT   NOT NULL,
     id            BIGINT NOT NULL,
     width_ms      BIGINT NOT NULL,
     start_unix_ms BIGINT NOT NULL,  -- of the bucket
     first_unix_ms BIGINT NOT NULL,  -- start of the first window in it
     end_unix_ms   BIGINT NOT NULL,  -- end of the last
     who           BYTEA  NOT NULL,  -- all that refers to lanes and names
     numbers       BYTEA  NOT NULL,
     PRIMARY KEY (cluster, id)
   )`,
  'CREATE INDEX weir_piece_time ON weir_piece (cluster, width_ms, start_unix_ms)',
  // Whoever holds the lock of a cluster's row is the only one that moves its pieces.
  'CREATE TABLE weir_upkeep (cluster TEXT NOT NULL PRIMARY KEY)',
  // Sums over spans of time as they stood at some moment.
  `CREATE TABLE weir_checkpoint (
     cluster       TEXT   NOT NULL,
     length_ms     BIGINT NOT NULL,
     part          BIGINT NOT NULL,
     through_id    BIGINT NOT NULL,
     from_unix_ms  BIGINT NOT NULL,
     first_unix_ms BIGINT NOT NULL,
     end_unix_ms   BIGINT NOT NULL,
     who           BYTEA  NOT NULL,
     numbers       BYTEA  NOT NULL,
     PRIMARY KEY (cluster, length_ms, part)
   )`,
];

const sharedColumns = [
  // Segments behind through_id that are in the sums too, as a JSON array.
  "ALTER TABLE weir_checkpoint ADD COLUMN ahead TEXT NOT NULL DEFAULT '[]'",
  // Counts up with every change of aliases: each aggregator sees by it that another has changed them.
  'ALTER TABLE weir_cluster ADD COLUMN alias_revision BIGINT NOT NULL DEFAULT 0',
];

const replicaTable = [
  // The processes that use the database now: a row goes when its process ends, or says nothing any more.
  `CREATE TABLE weir_replica (
     id           TEXT   NOT NULL PRIMARY KEY,
     seen_unix_ms BIGINT NOT NULL,
     body         BYTEA  NOT NULL
   )`,
];

/**
 * What makes the tables of each version out of those of the version before; the first makes them out of nothing. The
 * version counts up with every change of the tables or of the form of what is in them. Plain tables, keys and row locks
 * only, so that engines which speak PostgreSQL's SQL can keep them. What is asked for together has the cluster in front
 * of its key.
 */
export const postgresSteps: ReadonlyMap<number, readonly string[]> = new Map([
  [1, firstTables],
  [2, settingsTables],
  [3, baselineTables],
  [4, pieceTables],
  [5, sharedColumns],
  [6, replicaTable],
]);
/** The version of the tables that this version of Weir makes. */
export const schemaVersion = Math.max(...postgresSteps.keys());

async function versionOf(client: PoolClient): Promise<number> {
  const { rows } = await client.query<{ there: boolean }>("SELECT to_regclass('weir_schema') IS NOT NULL AS there");
  if (rows[0]?.there !== true) return 0;
  const found = await client.query<{ version: number }>('SELECT version FROM weir_schema FOR UPDATE');
  return found.rows[0]?.version ?? 0;
}

/** Makes the tables, or makes those of an older version into ours, in one transaction. @throws WeirError STORE */
export async function prepareTables(client: PoolClient): Promise<void> {
  await client.query('BEGIN');
  const version = await versionOf(client);
  if (version > schemaVersion) {
    const what = `the tables have schema ${version}, this version of Weir reads 1 to ${schemaVersion}; name another database, or start the version that made them`;
    throw new WeirError('STORE', what);
  }
  for (const [each, statements] of postgresSteps) {
    if (each > version) for (const statement of statements) await client.query(statement);
  }
  if (version === 0) await client.query('CREATE TABLE weir_schema (version INTEGER NOT NULL PRIMARY KEY)');
  if (version < schemaVersion) {
    await client.query('DELETE FROM weir_schema');
    await client.query('INSERT INTO weir_schema (version) VALUES ($1)', [schemaVersion]);
  }
  await client.query('COMMIT');
}
