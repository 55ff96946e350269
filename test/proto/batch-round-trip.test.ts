import fc from 'fast-check';
import t from 'tap';
import { batchFromBytes, batchToBytes, encodeBatch } from '../../proto/convert-batch.ts';
import type { FlowRecord } from '../../core/flow.ts';
import type { AgentStatus } from '../../proto/wire.ts';
import { anyBatch } from './batches.ts';

const status: AgentStatus = {
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
  features: [{ name: 'drops', active: false, reason: 'the kernel has no kfree_skb' }],
};

t.test('a batch comes back from its bytes as it was', async (t) => {
  fc.assert(
    fc.property(anyBatch, (batch) => {
      const read = batchFromBytes(batchToBytes(encodeBatch(batch, status)));
      if (!read.ok) throw new Error(read.message);
      t.strictSame(read.batch, batch);
      t.strictSame(read.status, status);
    }),
    { seed: 1, numRuns: 200 },
  );
});

t.test('a batch without status and rows comes back too', async (t) => {
  const batch = { epoch: 7, sequence: 1, window: { startUnixMs: 1, endUnixMs: 2 }, losses: {}, records: [] };
  t.strictSame(batchFromBytes(batchToBytes(encodeBatch(batch, null))), { ok: true, batch, status: null });
});

t.test('translations and names are not sent where there are none, and addresses only once', async (t) => {
  const [batch] = fc.sample(anyBatch, { seed: 4, numRuns: 1 });
  const [record] = batch?.records ?? [];
  t.ok(record);
  if (batch === undefined || record === undefined) return;
  const plain = { ...record, seenAs: null, remoteName: null };
  const encode = (records: readonly FlowRecord[]) => encodeBatch({ ...batch, records }, null);
  t.match(encode([plain, plain]), { rowSeenAs: [], rowSeenAsPort: [], rowRemoteName: [], remoteNames: [] });
  const { remote } = record;
  const hairpin = { ...record, seenAs: { address: remote, port: 0 }, remoteName: 'a.example' };
  const { addresses, ...columns } = encode([plain, hairpin, hairpin]);
  t.equal(addresses.length, 1);
  t.match(columns, { rowSeenAs: [0, 1, 1], rowSeenAsPort: [0, 0, 0], rowRemoteName: [0, 1, 1] });
  t.strictSame(columns.remoteNames, ['a.example']);
});

t.test('counter columns that are all zero are not sent', async (t) => {
  const [batch] = fc.sample(anyBatch, { seed: 3, numRuns: 1 });
  t.ok(batch);
  if (batch === undefined) return;
  const quiet = batch.records.map((each) => ({ ...each, counters: { ...each.counters, retransmits: 0 } }));
  t.strictSame(encodeBatch({ ...batch, records: quiet }, null).retransmits, []);
});
