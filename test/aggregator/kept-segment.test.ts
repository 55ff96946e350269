import fc from 'fast-check';
import t from 'tap';
import { keptOf, segmentOf } from '../../aggregator/graph/kept-segment.ts';
import { Lanes } from '../../aggregator/graph/lane.ts';
import type { Segment } from '../../aggregator/graph/segment.ts';
import { ColumnPool } from '../../aggregator/ingest/column-pool.ts';
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
function segmentFrom(batch: Batch, perLane: number, pool: ColumnPool) {
  const loan = pool.lend();
  const frame = new BatchWriter().write(columnBatchOf(batch), null);
  const read = new BatchReader(defaultLimits).read(frame, (numbers) => loan.take(numbers));
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
  return { segment, loan };
}

t.test('a segment that is kept says the same after its memory was used for others', async (t) => {
  let kept = 0;
  fc.assert(
    fc.property(fc.array(anyBatch, { minLength: 1, maxLength: 5 }), fc.constantFrom(1, 2), (batches, perLane) => {
      const pool = new ColumnPool(1e6);
      const all = batches.map((batch) => {
        const { segment, loan } = segmentFrom(batch, perLane, pool);
        const before = rowList(segment.rows);
        const one = { before, kept: keptOf(segment) };
        loan.end();
        const after = pool.lend();
        after.take(1).fill(-1);
        after.end();
        return one;
      });
      for (const { before, kept: each } of all) t.strictSame(rowList(segmentOf(each).rows), before);
      kept += all.length;
    }),
    { seed: 31, numRuns: 60 },
  );
  t.ok(kept > 100, `${kept} segments`);
});
