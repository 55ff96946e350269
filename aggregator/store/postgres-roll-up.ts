import type { ClientBase } from 'pg';
import type { UnixMs } from '../../core/time.ts';
import { type PieceRow, remainsWidthMs } from './piece-row.ts';
import { keepNumbers, lockCluster } from './postgres-commit.ts';
import type { PostgresDictionary } from './postgres-dictionary.ts';
import type { Move, RollUpSource, Shelf } from './roll-up.ts';
import type { SegmentRow } from './segment-row.ts';

/** How many segments are read at a time. */
const pageSegments = 64;

export const segmentColumns = 'id, node, epoch, sequence, start_unix_ms, end_unix_ms, losses, columns';
export const pieceColumns = 'id, width_ms, start_unix_ms, first_unix_ms, end_unix_ms, who, numbers';

/** Makes this transaction the only one that moves a cluster's pieces. @returns false when another does already */
export async function takeUpkeep(client: ClientBase, cluster: string): Promise<boolean> {
  const lock = () =>
    client.query('SELECT cluster FROM weir_upkeep WHERE cluster = $1 FOR UPDATE SKIP LOCKED', [cluster]);
  if ((await lock()).rowCount === 1) return true;
  await client.query('INSERT INTO weir_upkeep (cluster) VALUES ($1) ON CONFLICT DO NOTHING', [cluster]);
  return (await lock()).rowCount === 1;
}

/** What a roll-up reads, on the connection whose transaction it is part of. */
export function sourceOf(client: ClientBase, cluster: string, dictionary: PostgresDictionary): RollUpSource {
  return {
    segments: async (afterId, throughId) => {
      const { rows } = await client.query<SegmentRow>(
        `SELECT ${segmentColumns} FROM weir_segment
         WHERE cluster = $1 AND id > $2 AND id <= $3 ORDER BY id LIMIT $4`,
        [cluster, afterId, throughId, pageSegments],
      );
      return rows;
    },
    firstStart: async (shelf) => {
      const { rows } = await client.query<{ first: UnixMs | null }>(
        `SELECT min(start_unix_ms) AS first FROM weir_piece WHERE ${onShelf}`,
        shelfValues(cluster, shelf),
      );
      return rows[0]?.first ?? null;
    },
    pieceIds: (shelf) => pieceIdsOn(client, cluster, shelf),
    piece: (id) => pieceAt(client, cluster, id),
    nameIds: (texts) => dictionary.nameIds(client, texts),
    names: async (ids) => {
      const numbered = await dictionary.read(client, [], ids);
      return (id) => numbered.name(id);
    },
  };
}

const onShelf = 'cluster = $1 AND width_ms >= $2 AND width_ms < $3 AND start_unix_ms >= $4 AND start_unix_ms < $5';

function shelfValues(cluster: string, { fromWidthMs, toWidthMs, startsIn }: Shelf): unknown[] {
  return [cluster, fromWidthMs, toWidthMs, startsIn.startUnixMs, startsIn.endUnixMs];
}

export async function pieceIdsOn(client: ClientBase, cluster: string, shelf: Shelf): Promise<readonly number[]> {
  const { rows } = await client.query<{ id: number }>(
    `SELECT id FROM weir_piece WHERE ${onShelf} ORDER BY id`,
    shelfValues(cluster, shelf),
  );
  return rows.map(({ id }) => id);
}

/** @throws RangeError when there is none */
export async function pieceAt(client: ClientBase, cluster: string, id: number): Promise<PieceRow> {
  const { rows } = await client.query<PieceRow>(
    `SELECT ${pieceColumns} FROM weir_piece WHERE cluster = $1 AND id = $2`,
    [cluster, id],
  );
  if (rows[0] === undefined) throw new RangeError(`no piece has the number ${id}`);
  return rows[0];
}

/** Puts pieces in the place of what was merged into them. */
export async function move(
  client: ClientBase,
  cluster: string,
  { segmentsThrough, pieceIds, insert }: Move,
): Promise<void> {
  const last = await lockCluster(client, cluster);
  if (segmentsThrough !== null) {
    const { id, count } = segmentsThrough;
    const gone = await client.query('DELETE FROM weir_segment WHERE cluster = $1 AND id <= $2', [cluster, id]);
    if (gone.rowCount !== count)
      throw new RangeError(`${gone.rowCount} segments would go of which ${count} were merged`);
    await client.query('UPDATE weir_cluster SET rolled_segment = $2 WHERE name = $1', [cluster, id]);
  }
  const gone = await client.query('DELETE FROM weir_piece WHERE cluster = $1 AND id = ANY ($2)', [cluster, pieceIds]);
  if (gone.rowCount !== pieceIds.length) throw new RangeError('pieces that were merged are not there any more');
  for (const row of insert) {
    await client.query(`INSERT INTO weir_piece (cluster, ${pieceColumns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, [
      cluster,
      ++last.piece,
      row.width_ms,
      row.start_unix_ms,
      row.first_unix_ms,
      row.end_unix_ms,
      row.who,
      row.numbers,
    ]);
  }
  await keepNumbers(client, cluster, last);
}

/** A condition that holds for all pieces but the remains. */
export const isKept = `width_ms < ${remainsWidthMs}`;
