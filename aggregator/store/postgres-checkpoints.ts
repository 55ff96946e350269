import type { ClientBase } from 'pg';
import type { Checkpoint } from './store.ts';
import type { CheckpointPart } from './piece-row.ts';

interface Head {
  readonly throughId: number;
  readonly fromUnixMs: number;
  /** As JSON. */
  readonly ahead: string;
  readonly parts: number;
}

/** Null when there is no checkpoint of that length. */
export async function checkpointHead(client: ClientBase, cluster: string, lengthMs: number): Promise<Head | null> {
  const { rows } = await client.query<Head>(
    `SELECT through_id AS "throughId", from_unix_ms AS "fromUnixMs", ahead, count(*) AS parts
     FROM weir_checkpoint WHERE cluster = $1 AND length_ms = $2 GROUP BY through_id, from_unix_ms, ahead`,
    [cluster, lengthMs],
  );
  return rows[0] ?? null;
}

export async function checkpointPart(
  client: ClientBase,
  cluster: string,
  lengthMs: number,
  part: number,
): Promise<CheckpointPart> {
  const { rows } = await client.query<CheckpointPart>(
    `SELECT first_unix_ms, end_unix_ms, who, numbers FROM weir_checkpoint
     WHERE cluster = $1 AND length_ms = $2 AND part = $3`,
    [cluster, lengthMs, part],
  );
  return rows[0] as CheckpointPart;
}

/** Puts a checkpoint in place of an earlier one of its length. The cluster's row must be locked. */
export async function insertCheckpoint(
  client: ClientBase,
  cluster: string,
  { lengthMs, throughId, aheadIds, fromUnixMs }: Omit<Checkpoint, 'parts'>,
  parts: readonly CheckpointPart[],
): Promise<void> {
  const before = await checkpointHead(client, cluster, lengthMs);
  if (before !== null && before.throughId > throughId) return;
  await client.query('DELETE FROM weir_checkpoint WHERE cluster = $1 AND length_ms = $2', [cluster, lengthMs]);
  const head = [cluster, lengthMs, throughId, JSON.stringify(aheadIds), fromUnixMs];
  for (const [i, { first_unix_ms, end_unix_ms, who, numbers }] of parts.entries()) {
    await client.query(
      `INSERT INTO weir_checkpoint
         (cluster, length_ms, through_id, ahead, from_unix_ms, part, first_unix_ms, end_unix_ms, who, numbers)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [...head, i, first_unix_ms, end_unix_ms, who, numbers],
    );
  }
}
