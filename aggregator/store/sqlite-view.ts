import { setImmediate as nextTurn } from 'node:timers/promises';
import type { UnixMs } from '../../core/time.ts';
import type { Contribution, Piece, StoredSegment } from '../graph/contribution.ts';
import { nameRows } from './columns.ts';
import { nameWatched, unpackPiece } from './piece-codec.ts';
import { pieceOf } from './piece-row.ts';
import { remainsShelf } from './roll-up.ts';
import { unpackRows } from './segment-codec.ts';
import { segmentOf, windowOf } from './segment-row.ts';
import type { SqliteCheckpoints } from './sqlite-checkpoints.ts';
import type { SqliteDictionary } from './sqlite-dictionary.ts';
import type { SqlitePieces } from './sqlite-pieces.ts';
import type { SqliteSegments } from './sqlite-segments.ts';
import type { Span, StoredCheckpoint, StoreView } from './store.ts';

export interface SqliteTables {
  readonly dictionary: SqliteDictionary;
  readonly segments: SqliteSegments;
  readonly pieces: SqlitePieces;
  readonly checkpoints: SqliteCheckpoints;
}

/** How many segments are read at a time before others get their turn. */
const pageSegments = 64;

/** What the file holds of a cluster: nothing is taken away while it is lent, and what comes later is not looked at. */
export class SqliteView implements StoreView {
  readonly lastId: number;
  readonly rolledId: number;
  readonly #cluster: string;
  readonly #tables: SqliteTables;

  constructor(cluster: string, tables: SqliteTables) {
    const { lastId, rolledId } = tables.segments.state(cluster);
    [this.lastId, this.rolledId] = [lastId, rolledId];
    this.#cluster = cluster;
    this.#tables = tables;
  }

  async *segments(span: Span, afterId: number, except?: ReadonlySet<number>): AsyncGenerator<StoredSegment> {
    const { segments, dictionary } = this.#tables;
    let read = 0;
    for (const id of segments.ids(this.#cluster, span, afterId, this.lastId)) {
      if (except?.has(id) === true) continue;
      const row = segments.get(id);
      yield segmentOf(this.#cluster, row, nameRows(unpackRows(row.columns, windowOf(row)), dictionary));
      if (++read % pageSegments === 0) await nextTurn();
    }
  }

  pieces(span: Span): AsyncGenerator<Piece> {
    return this.#read(this.#tables.pieces.idsIn(this.#cluster, span));
  }

  async splits(unixMs: UnixMs): Promise<boolean> {
    return this.#tables.pieces.splits(this.#cluster, unixMs);
  }

  remains(): AsyncGenerator<Piece> {
    return this.#read(this.#tables.pieces.idsOn(this.#cluster, remainsShelf));
  }

  async *#read(ids: readonly number[]): AsyncGenerator<Piece> {
    const { pieces, dictionary } = this.#tables;
    for (const id of ids) {
      const row = pieces.get(id);
      yield pieceOf(row, unpackPiece(row, row.start_unix_ms), dictionary);
      await nextTurn();
    }
  }

  async checkpoint(lengthMs: number): Promise<StoredCheckpoint | null> {
    const head = this.#tables.checkpoints.head(this.#cluster, lengthMs);
    if (head === null) return null;
    const { throughId, fromUnixMs, ahead, parts } = head;
    const aheadIds = JSON.parse(ahead) as readonly number[];
    return { lengthMs, throughId, aheadIds, fromUnixMs, parts: this.#parts(lengthMs, fromUnixMs, parts) };
  }

  async *#parts(lengthMs: number, fromUnixMs: number, count: number): AsyncGenerator<Contribution> {
    const { checkpoints, dictionary } = this.#tables;
    for (let part = 0; part < count; part++) {
      const row = checkpoints.part(this.#cluster, lengthMs, part);
      const { watched, rows, sightings } = unpackPiece(row, fromUnixMs);
      yield {
        window: { startUnixMs: row.first_unix_ms, endUnixMs: row.end_unix_ms },
        watched: nameWatched(watched, (id) => dictionary.name(id)),
        rows: nameRows(rows, dictionary),
        sightings,
      };
      await nextTurn();
    }
  }
}
