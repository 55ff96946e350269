import type { ClientBase } from 'pg';
import type { Segment } from '../graph/segment.ts';
import { judge } from './fence.ts';
import { type LastNumbers, namesIn, type Numbering, type PostgresDictionary } from './postgres-dictionary.ts';
import { packSegment } from './segment-codec.ts';
import type { Commit, CommitResult, Cursor } from './store.ts';

export const cursorColumns = 'node, epoch, sequence, window_end_unix_ms AS "windowEndUnixMs"';

/** Commits what may follow the cursors of one cluster, whose lock it takes. */
export async function commitCluster(
  client: ClientBase,
  cluster: string,
  dictionary: PostgresDictionary,
  commits: readonly (readonly [index: number, Commit])[],
  results: CommitResult[],
): Promise<Numbering> {
  const last = await lockCluster(client, cluster);
  const nodes = [...new Set(commits.map(([, { segment }]) => segment.node))];
  const { rows } = await client.query<Cursor>(
    `SELECT ${cursorColumns} FROM weir_cursor WHERE cluster = $1 AND node = ANY ($2)`,
    [cluster, nodes],
  );
  const cursors = new Map(rows.map((cursor) => [cursor.node, cursor]));
  const moved = new Map<string, Cursor>();
  const firstId = last.segment + 1;
  const accepted: Segment[] = [];
  for (const [index, commit] of commits) {
    const { node } = commit.segment;
    const result = judge(commit, moved.get(node) ?? cursors.get(node) ?? null);
    if (result.type !== 'committed') {
      results[index] = result;
      continue;
    }
    const { epoch, sequence, window } = result.segment;
    moved.set(node, { node, epoch, sequence, windowEndUnixMs: window.endUnixMs });
    results[index] = { ...result, id: ++last.segment };
    accepted.push(result.segment);
  }
  const numbering = await dictionary.number(
    client,
    accepted.map(({ rows: { lanes } }) => lanes),
    accepted.flatMap(textsOf),
    last,
  );
  if (accepted.length === 0) return numbering;
  await insertSegments(client, cluster, accepted, numbering, firstId);
  await moveCursors(client, cluster, [...moved.values()]);
  await keepNumbers(client, cluster, last);
  return numbering;
}

/** All names in a segment; pieces will need those of the node and of what was lost. */
function textsOf({ node, losses, rows }: Segment): string[] {
  return [node, ...Object.keys(losses), ...namesIn(rows)];
}

/**
 * Whoever holds the lock is the only one that moves the cluster's cursors and gives its numbers. Makes the rows of a
 * cluster that has none.
 */
export async function lockCluster(client: ClientBase, cluster: string): Promise<LastNumbers> {
  const lock = () =>
    client.query<LastNumbers>(
      `SELECT last_segment AS segment, last_piece AS piece, last_lane AS lane, last_name AS name, prunings
       FROM weir_cluster WHERE name = $1 FOR UPDATE`,
      [cluster],
    );
  const [known] = (await lock()).rows;
  if (known !== undefined) return known;
  await client.query(
    'INSERT INTO weir_cluster (name, last_segment, last_lane, last_name) VALUES ($1, 0, 0, 0) ON CONFLICT DO NOTHING',
    [cluster],
  );
  return (await lock()).rows[0] as LastNumbers;
}

/** Keeps the last numbers that were given. The cluster's row must be locked. */
export async function keepNumbers(client: ClientBase, cluster: string, last: LastNumbers): Promise<void> {
  await client.query(
    'UPDATE weir_cluster SET last_segment = $2, last_piece = $3, last_lane = $4, last_name = $5 WHERE name = $1',
    [cluster, last.segment, last.piece, last.lane, last.name],
  );
}

async function insertSegments(
  client: ClientBase,
  cluster: string,
  segments: readonly Segment[],
  numbering: Numbering,
  firstId: number,
): Promise<void> {
  const columns = segments.map((segment) => packSegment(segment, numbering).slice());
  let end = 1;
  const firsts = columns.map(({ length }) => (end += length) - length);
  await client.query(
    `INSERT INTO weir_segment
       (cluster, id, node, epoch, sequence, start_unix_ms, end_unix_ms, losses, columns)
     SELECT $1, id, node, epoch, sequence, start_unix_ms, end_unix_ms, losses, substring($11::bytea FROM first FOR length)
     FROM unnest($2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::text[],
                 $9::int[], $10::int[])
       AS one (id, node, epoch, sequence, start_unix_ms, end_unix_ms, losses, first, length)`,
    [
      cluster,
      segments.map((_, i) => firstId + i),
      segments.map(({ node }) => node),
      segments.map(({ epoch }) => epoch),
      segments.map(({ sequence }) => sequence),
      segments.map(({ window }) => window.startUnixMs),
      segments.map(({ window }) => window.endUnixMs),
      segments.map(({ losses }) => JSON.stringify(losses)),
      firsts,
      columns.map(({ length }) => length),
      // One piece of bytes goes as it is; those in an array would be written out as text.
      Buffer.concat(columns),
    ],
  );
}

async function moveCursors(client: ClientBase, cluster: string, cursors: readonly Cursor[]): Promise<void> {
  await client.query(
    `INSERT INTO weir_cursor (cluster, node, epoch, sequence, window_end_unix_ms)
     SELECT $1, * FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[])
     ON CONFLICT (cluster, node) DO UPDATE
     SET epoch = excluded.epoch, sequence = excluded.sequence, window_end_unix_ms = excluded.window_end_unix_ms`,
    [
      cluster,
      cursors.map(({ node }) => node),
      cursors.map(({ epoch }) => epoch),
      cursors.map(({ sequence }) => sequence),
      cursors.map(({ windowEndUnixMs }) => windowEndUnixMs),
    ],
  );
}
