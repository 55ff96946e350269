import type { UnixMs } from '../../core/time.ts';
import type { PackedRows } from './columns.ts';
import { unpackWho } from './piece-codec.ts';
import { unpackRows } from './segment-codec.ts';
import { type SegmentColumns, windowOf } from './segment-row.ts';

/** Collects which lanes and names are referred to, so that the others can be removed. */
export class DictionaryMarks {
  readonly lanes = new Set<number>();
  readonly names = new Set<number>();

  /** @param who the blob of a piece, or of a part of a checkpoint, that begins then */
  piece(who: Uint8Array, startUnixMs: UnixMs): void {
    const { watched, ...rows } = unpackWho(who, startUnixMs);
    for (const { nodeId, losses } of watched) {
      this.names.add(nodeId);
      for (const [stageId] of losses) this.names.add(stageId);
    }
    this.#rows(rows);
  }

  segment(row: SegmentColumns): void {
    this.#rows(unpackRows(row.columns, windowOf(row)));
  }

  #rows({ laneIds, drops, names }: Pick<PackedRows, 'laneIds' | 'drops' | 'names'>): void {
    for (const id of laneIds) this.lanes.add(id);
    for (const [, id] of drops) this.names.add(id);
    for (const [, id] of names) this.names.add(id);
  }
}
