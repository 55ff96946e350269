import type { ClientBase } from 'pg';
import type { UnixMs } from '../../core/time.ts';
import type { Contribution, Piece, StoredSegment } from '../graph/contribution.ts';
import { nameRows, type NumberedLanes, type PackedRows } from './columns.ts';
import { nameWatched, type PackedPiece, unpackPiece } from './piece-codec.ts';
import { pieceOf } from './piece-row.ts';
import { checkpointHead, checkpointPart } from './postgres-checkpoints.ts';
import type { PostgresDictionary } from './postgres-dictionary.ts';
import { isKept, pieceAt, pieceIdsOn, segmentColumns } from './postgres-roll-up.ts';
import { remainsShelf } from './roll-up.ts';
import { unpackRows } from './segment-codec.ts';
import { type SegmentRow, segmentOf, windowOf } from './segment-row.ts';
import type { Span, StoredCheckpoint, StoreView } from './store.ts';

/** How many segments are read at a time. */
const pageSegments = 64;

/** What a transaction that sees everything as it was at its beginning sees of a cluster. */
export async function openView(
  client: ClientBase,
  cluster: string,
  dictionary: PostgresDictionary,
): Promise<StoreView> {
  const { rows } = await client.query<{ last: number; rolled: number }>(
    'SELECT last_segment AS last, rolled_segment AS rolled FROM weir_cluster WHERE name = $1',
    [cluster],
  );
  return new PostgresView(client, cluster, dictionary, rows[0]?.last ?? 0, rows[0]?.rolled ?? 0);
}

class PostgresView implements StoreView {
  readonly lastId: number;
  readonly rolledId: number;
  readonly #client: ClientBase;
  readonly #cluster: string;
  readonly #dictionary: PostgresDictionary;

  constructor(client: ClientBase, cluster: string, dictionary: PostgresDictionary, lastId: number, rolledId: number) {
    this.#client = client;
    this.#cluster = cluster;
    this.#dictionary = dictionary;
    this.lastId = lastId;
    this.rolledId = rolledId;
  }

  async *segments(
    { type, window }: Span,
    afterId: number,
    except: ReadonlySet<number> = none,
  ): AsyncGenerator<StoredSegment> {
    const when =
      type === 'beginning' ? 'start_unix_ms >= $2 AND start_unix_ms < $3' : 'end_unix_ms > $2 AND start_unix_ms < $3';
    for (let last = afterId; ; ) {
      const { rows } = await this.#client.query<SegmentRow>(
        `SELECT ${segmentColumns} FROM weir_segment
         WHERE cluster = $1 AND ${when} AND id > $4 AND NOT id = ANY ($5) ORDER BY id LIMIT $6`,
        [this.#cluster, window.startUnixMs, window.endUnixMs, last, [...except], pageSegments],
      );
      yield* await this.#segmentsOf(rows);
      if (rows.length < pageSegments) return;
      last = rows.at(-1)?.id ?? last;
    }
  }

  async #segmentsOf(rows: readonly SegmentRow[]): Promise<StoredSegment[]> {
    const unpacked = rows.map((row) => unpackRows(row.columns, windowOf(row)));
    const numbered = await this.#numbered(unpacked, []);
    return rows.map((row, i) => segmentOf(this.#cluster, row, nameRows(unpacked[i] as PackedRows, numbered)));
  }

  async *pieces({ type, window }: Span): AsyncGenerator<Piece> {
    const when =
      type === 'beginning' ? 'start_unix_ms >= $2 AND start_unix_ms < $3' : 'end_unix_ms > $2 AND first_unix_ms < $3';
    const { rows } = await this.#client.query<{ id: number }>(
      `SELECT id FROM weir_piece WHERE cluster = $1 AND ${isKept} AND ${when}`,
      [this.#cluster, window.startUnixMs, window.endUnixMs],
    );
    yield* this.#read(rows.map(({ id }) => id));
  }

  async splits(unixMs: UnixMs): Promise<boolean> {
    const { rows } = await this.#client.query<{ splits: boolean }>(
      `SELECT EXISTS (
         SELECT 1 FROM weir_piece
         WHERE cluster = $1 AND ${isKept} AND start_unix_ms < $2 AND start_unix_ms + width_ms > $2
       ) AS splits`,
      [this.#cluster, unixMs],
    );
    return rows[0]?.splits === true;
  }

  async *remains(): AsyncGenerator<Piece> {
    yield* this.#read(await pieceIdsOn(this.#client, this.#cluster, remainsShelf));
  }

  async *#read(ids: readonly number[]): AsyncGenerator<Piece> {
    for (const id of ids) {
      const row = await pieceAt(this.#client, this.#cluster, id);
      const packed = unpackPiece(row, row.start_unix_ms);
      yield pieceOf(row, packed, await this.#numbered([packed.rows], [packed]));
    }
  }

  #numbered(rows: readonly PackedRows[], pieces: readonly PackedPiece[]): Promise<NumberedLanes> {
    const nameIds = rows.flatMap(({ drops, names }) => [...drops, ...names].map(([, id]) => id));
    for (const { watched } of pieces) {
      for (const { nodeId, losses } of watched) nameIds.push(nodeId, ...losses.map(([stageId]) => stageId));
    }
    return this.#dictionary.read(
      this.#client,
      rows.flatMap(({ laneIds }) => [...laneIds]),
      nameIds,
    );
  }

  async checkpoint(lengthMs: number): Promise<StoredCheckpoint | null> {
    const head = await checkpointHead(this.#client, this.#cluster, lengthMs);
    if (head === null) return null;
    const { throughId, fromUnixMs, ahead, parts } = head;
    const aheadIds = JSON.parse(ahead) as readonly number[];
    return { lengthMs, throughId, aheadIds, fromUnixMs, parts: this.#parts(lengthMs, fromUnixMs, parts) };
  }

  async *#parts(lengthMs: number, fromUnixMs: UnixMs, count: number): AsyncGenerator<Contribution> {
    for (let part = 0; part < count; part++) {
      const row = await checkpointPart(this.#client, this.#cluster, lengthMs, part);
      const packed = unpackPiece(row, fromUnixMs);
      const numbered = await this.#numbered([packed.rows], [packed]);
      yield {
        window: { startUnixMs: row.first_unix_ms, endUnixMs: row.end_unix_ms },
        watched: nameWatched(packed.watched, (id) => numbered.name(id)),
        rows: nameRows(packed.rows, numbered),
        sightings: packed.sightings,
      };
    }
  }
}

const none: ReadonlySet<number> = new Set();
