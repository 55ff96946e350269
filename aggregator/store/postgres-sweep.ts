import type { ClientBase } from 'pg';
import { DictionaryMarks } from './dictionary-marks.ts';
import type { SegmentColumns } from './segment-row.ts';
import { lockCluster } from './postgres-commit.ts';
import { takeUpkeep } from './postgres-roll-up.ts';

/** What was marked, and up to which segment and piece. */
export interface Marked {
  readonly marks: DictionaryMarks;
  readonly segmentId: number;
  readonly pieceId: number;
}

interface Blob {
  readonly bytes: Buffer;
  readonly start: number;
}

const pageRows = 64;

/** Marks what is referred to behind a segment and a piece, and goes on from there in what is returned. */
async function markBehind(client: ClientBase, cluster: string, { marks, segmentId, pieceId }: Marked): Promise<Marked> {
  const pages = async (select: string, afterId: number, mark: (row: SegmentColumns) => void): Promise<number> => {
    for (let last = afterId; ; ) {
      const { rows } = await client.query<SegmentColumns & { readonly id: number }>(
        `${select} WHERE cluster = $1 AND id > $2 ORDER BY id LIMIT ${pageRows}`,
        [cluster, last],
      );
      for (const row of rows) mark(row);
      last = rows.at(-1)?.id ?? last;
      if (rows.length < pageRows) return last;
    }
  };
  const pieces = 'SELECT id, who AS columns, start_unix_ms, end_unix_ms FROM weir_piece';
  const segments = 'SELECT id, columns, start_unix_ms, end_unix_ms FROM weir_segment';
  return {
    marks,
    pieceId: await pages(pieces, pieceId, ({ columns, start_unix_ms }) => marks.piece(columns, start_unix_ms)),
    segmentId: await pages(segments, segmentId, (row) => marks.segment(row)),
  };
}

/** Looks at all that there is of a cluster, in a transaction that sees it as it was at its beginning. */
export async function markAll(client: ClientBase, cluster: string): Promise<Marked> {
  const marks = new DictionaryMarks();
  const parts = await client.query<{ length: number; part: number }>(
    'SELECT length_ms AS length, part FROM weir_checkpoint WHERE cluster = $1',
    [cluster],
  );
  for (const { length, part } of parts.rows) {
    const { rows } = await client.query<Blob>(
      `SELECT who AS bytes, from_unix_ms AS start FROM weir_checkpoint
       WHERE cluster = $1 AND length_ms = $2 AND part = $3`,
      [cluster, length, part],
    );
    for (const { bytes, start } of rows) marks.piece(bytes, start);
  }
  return await markBehind(client, cluster, { marks, segmentId: 0, pieceId: 0 });
}

/**
 * Marks what came since, and removes what is not marked, in a transaction that keeps others from committing and moving.
 * @returns how many lanes; null when another process is at the upkeep
 */
export async function sweep(client: ClientBase, cluster: string, marked: Marked): Promise<number | null> {
  if (!(await takeUpkeep(client, cluster))) return null;
  await lockCluster(client, cluster);
  const { marks } = await markBehind(client, cluster, marked);
  // Of segments the names of nodes and of stages are still texts.
  const texts = await client.query<{ id: number }>(
    `SELECT id FROM weir_name WHERE cluster = $1 AND text IN (
       SELECT node FROM weir_segment WHERE cluster = $1
       UNION SELECT json_object_keys(losses::json) FROM weir_segment WHERE cluster = $1)`,
    [cluster],
  );
  for (const { id } of texts.rows) marks.names.add(id);
  const remove = async (table: 'weir_lane' | 'weir_name', kept: ReadonlySet<number>) => {
    const { rows } = await client.query<{ id: number }>(`SELECT id FROM ${table} WHERE cluster = $1`, [cluster]);
    const unmarked = rows.map(({ id }) => id).filter((id) => !kept.has(id));
    await client.query(`DELETE FROM ${table} WHERE cluster = $1 AND id = ANY ($2)`, [cluster, unmarked]);
    return unmarked.length;
  };
  const lanes = await remove('weir_lane', marks.lanes);
  const names = await remove('weir_name', marks.names);
  if (lanes + names > 0) {
    await client.query('UPDATE weir_cluster SET prunings = prunings + 1 WHERE name = $1', [cluster]);
  }
  return lanes;
}
