import fc from 'fast-check';
import t from 'tap';
import { Arena } from '../../aggregator/graph/arena.ts';
import { KeptSegments } from '../../aggregator/graph/kept-segments.ts';
import { Lanes } from '../../aggregator/graph/lane.ts';
import type { Segment } from '../../aggregator/graph/segment.ts';
import { BlockPool } from '../../aggregator/ingest/block-pool.ts';
import { type BatchMemory, HeldBatch } from '../../aggregator/ingest/held-batch.ts';
import { rowsOfColumns } from '../../aggregator/ingest/column-rows.ts';
import type { Batch } from '../../core/flow.ts';
import { BatchReader } from '../../proto/decode-batch.ts';
import { BatchWriter } from '../../proto/encode-batch.ts';
import { defaultLimits } from '../../proto/limits.ts';
import { anyBatch } from '../proto/batches.ts';
import { columnBatchOf } from '../proto/columns.ts';
import { addressOf } from './cluster-fixture.ts';
import { rowList } from './segments.ts';

const lanes = new Lanes(1_000);

/** A batch as the aggregator has it. @param perLane how many rows come to each lane */
function segmentFrom(batch: Batch, perLane: number, memory: BatchMemory) {
  const held = new HeldBatch(new BatchWriter().write(columnBatchOf(batch), null), memory);
  const read = new BatchReader(defaultLimits).read(held.message, held.columns);
  if (read.type !== 'read') throw new Error(read.message);
  const { rows: columns, epoch, sequence, window, losses } = read.batch;
  const among = Array.from(columns.edges, (edge, row) => {
    const { role, protocol } = columns.dictionary.partsOf(edge);
    const end = (address: string) => ({ type: 'external', address: addressOf(address) }) as const;
    const ends = { client: end('192.0.2.1'), server: end('192.0.2.2'), protocol, port: row };
    return lanes.of(ends, role, null);
  });
  const slots = Uint32Array.from(columns.edges, (_, row) => Math.floor(row / perLane));
  const rows = rowsOfColumns(columns, slots, among);
  const coded = rows.lanes.length === columns.edges.length ? columns.coded : null;
  const segment: Segment = { cluster: 'c', node: 'n1', epoch, sequence, window, losses, rows, coded };
  return { segment, held };
}

t.test('a segment that is kept says the same after its memory was used for others', async (t) => {
  const batchMemory = { bodies: new Arena(2 ** 12, 4), columns: new BlockPool(1e6) };
  const memory = new KeptSegments();
  let kept = 0;
  fc.assert(
    fc.property(fc.array(anyBatch, { minLength: 1, maxLength: 5 }), fc.constantFrom(1, 2), (batches, perLane) => {
      const all = batches.map((batch) => {
        const { segment, held } = segmentFrom(batch, perLane, batchMemory);
        const one = { before: said(segment), kept: memory.keep(segment) };
        held.end();
        scribble(batchMemory);
        return one;
      });
      // Later ones lie where earlier ones were given up.
      const [first, ...others] = all;
      if (first !== undefined) memory.drop(first.kept);
      for (const { before, kept: each } of others) {
        t.strictSame(said(memory.read(each)), before);
        memory.drop(each);
      }
      kept += all.length;
    }),
    { seed: 31, numRuns: 60 },
  );
  t.ok(kept > 100, `${kept} segments`);
});

/** Uses memory that was given back for something else. */
function scribble({ bodies, columns }: BatchMemory): void {
  const [extent, block] = [bodies.take(4_000), columns.take(1)];
  new Uint8Array(extent.chunk.memory, extent.from, 4_000).fill(0xff);
  new Uint8Array(block).fill(0xff);
  bodies.giveBack(extent);
  columns.giveBack(block);
}

function said(segment: Segment) {
  return { ...segment, rows: rowList(segment.rows), coded: null };
}
