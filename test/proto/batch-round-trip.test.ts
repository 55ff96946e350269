import fc from 'fast-check';
import t from 'tap';
import type { Batch } from '../../core/flow.ts';
import type { ReadBatch } from '../../proto/decode-batch.ts';
import { BatchReader, decodeAlone } from '../../proto/decode-batch.ts';
import { BatchWriter, encodeAlone } from '../../proto/encode-batch.ts';
import { defaultLimits } from '../../proto/limits.ts';
import { byteFormOf } from '../../proto/load.ts';
import type * as wire from '../../proto/wire.ts';
import { anyBatch } from './batches.ts';
import { asArrived, batchOfColumns, columnBatchOf } from './columns.ts';

const status: wire.AgentStatus = {
  version: '0.1.0',
  kernel: '6.18.0',
  interfacesAttached: 12,
  podsResolved: 11,
  unresolvedInterfaces: ['cali0123456789a'],
  cnis: [],
  resolvedByMeans: {},
  unresolvedByReason: {},
  identitySources: [],
  batchesPending: 2,
  windowMs: 15_000,
  spoolBytes: 4096,
  spoolMaxBytes: 1 << 20,
  certificate: { fromUnixMs: 1_767_225_600_000, throughUnixMs: 1_798_761_600_000 },
  features: [{ name: 'drops', active: false, reason: 'the kernel has no kfree_skb' }],
};

const bodyForm = byteFormOf<wire.BatchBody>('weir.v1.BatchBody');
const bodyOf = ({ body }: wire.Batch) => bodyForm.deserialize(Buffer.from(body));

function taken(read: ReadBatch): Batch {
  if (read.type !== 'read') throw new Error(read.message);
  return batchOfColumns(read.batch);
}

/** Rows are a set, ordered by how the stream numbered their edges. */
function sorted(batch: Batch): Batch {
  const key = (record: Batch['records'][number]) => JSON.stringify([record.pod, record.remote, record]);
  return { ...batch, records: batch.records.toSorted((a, b) => (key(a) < key(b) ? -1 : 1)) };
}

const arrived = (batch: Batch) => ({ ...batch, records: batch.records.map((record) => asArrived(record, batch)) });

t.test('the batches of a stream come back as they were', async (t) => {
  fc.assert(
    fc.property(fc.array(anyBatch, { minLength: 1, maxLength: 5 }), (batches) => {
      const [writer, reader] = [new BatchWriter(), new BatchReader(defaultLimits)];
      for (const batch of batches) {
        const read = taken(reader.read(writer.write(columnBatchOf(batch), status)));
        t.strictSame(sorted(read), sorted(arrived(batch)));
      }
    }),
    { seed: 1, numRuns: 100 },
  );
});

t.test('the form in which a batch is spooled says all that it refers to, and sent on it is the same', async (t) => {
  fc.assert(
    fc.property(fc.array(anyBatch, { minLength: 2, maxLength: 4 }), (batches) => {
      const [writer, reader] = [new BatchWriter(), new BatchReader(defaultLimits)];
      for (const batch of batches) {
        const alone = decodeAlone(encodeAlone(columnBatchOf(batch)));
        t.strictSame(batchOfColumns(alone), arrived(batch));
        t.strictSame(sorted(taken(reader.read(writer.write(alone, null)))), sorted(arrived(batch)));
      }
    }),
    { seed: 2, numRuns: 50 },
  );
});

t.test('a batch without status and rows comes back too, and one that stands for several', async (t) => {
  const batch = { epoch: 7, sequence: 9, window: { startUnixMs: 1, endUnixMs: 2 }, losses: {}, records: [] };
  const [writer, reader] = [new BatchWriter(), new BatchReader(defaultLimits)];
  const read = reader.read(writer.write(columnBatchOf(batch, { firstSequence: 4 }), null));
  t.match(read, { type: 'read', status: null, batch: { firstSequence: 4, sequence: 9 } });
  t.strictSame(taken(read), batch);
});

t.test('what a stream has said is not said again', async (t) => {
  const [batch] = fc.sample(anyBatch, { seed: 4, numRuns: 1 }) as [Batch];
  const writer = new BatchWriter();
  const first = bodyOf(writer.write(columnBatchOf(batch), null));
  t.equal(first.resets, true);
  t.equal(first.additions?.edges?.count, batch.records.length);
  const second = bodyOf(writer.write(columnBatchOf(batch), null));
  t.match(second, { resets: false, additions: null, rows: { count: batch.records.length } });
  writer.reset();
  t.match(bodyOf(writer.write(columnBatchOf(batch), null)), { resets: true, additions: first.additions });
});

t.test('columns that are all zero are not sent', async (t) => {
  const [batch] = fc.sample(anyBatch, { seed: 3, numRuns: 1 }) as [Batch];
  const records = batch.records.map((each) => ({
    ...each,
    seenAs: null,
    remoteName: null,
    counters: { ...each.counters, retransmits: 0 },
  }));
  const { rows, additions } = bodyOf(new BatchWriter().write(columnBatchOf({ ...batch, records }), null));
  t.equal(rows?.retransmits.length, 0);
  t.match(additions, { remoteNames: [], edges: { seenAs: { length: 0 }, seenAsPorts: { length: 0 } } });
});

t.test('records of one edge become one row', async (t) => {
  const [batch] = fc.sample(anyBatch, { seed: 5, numRuns: 1 }) as [Batch];
  const [record] = batch.records as [Batch['records'][number]];
  const { rows } = columnBatchOf({ ...batch, records: [record, record] });
  t.equal(rows.edges.length, 1);
  t.equal(rows.counters.attempts[0], Math.min(2 * record.counters.attempts, Number.MAX_SAFE_INTEGER));
});
