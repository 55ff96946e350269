import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { Exporter } from '../../agent/export/exporter.ts';
import { Spool } from '../../agent/spool/spool.ts';
import { batchToBytes, encodeBatch } from '../../proto/convert-batch.ts';
import { connect } from '../../proto/services.ts';
import { IngestDouble } from './ingest-double.ts';

const status = {
  version: '0',
  kernel: '6',
  interfacesAttached: 0,
  podsResolved: 0,
  unresolvedInterfaces: [],
  cnis: [],
  resolvedByMeans: {},
  unresolvedByReason: {},
  identitySources: [],
  batchesPending: 0,
  features: [],
};

/** Short, because the path of a Unix socket has at most 107 bytes. */
function folderFor(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function setUp(t: Test, folder: string, epoch = 100) {
  const address = `unix:${join(folder, 'ingest.sock')}`;
  const spool = new Spool(join(folder, 'spool'), 1 << 20, epoch);
  const connection = connect(address, {
    'grpc.initial_reconnect_backoff_ms': 20,
    'grpc.max_reconnect_backoff_ms': 50,
  });
  const options = { cluster: 'c', node: 'n1', version: '0', firstRetryMs: 10, longestRetryMs: 50 };
  const exporter = new Exporter(connection, spool, options, () => status, pino({ level: 'silent' }));
  t.teardown(() => {
    exporter.stop();
    connection.close();
  });
  const append = (count: number) => {
    for (let i = 0; i < count; i++) {
      const window = { startUnixMs: 1000, endUnixMs: 2000 };
      spool.append(
        (id) => batchToBytes(encodeBatch({ ...id, window, losses: {}, records: [] }, null)),
        new Uint8Array(),
      );
    }
    exporter.pump();
  };
  return { address, spool, exporter, append };
}

const sequences = (ingest: IngestDouble) => ingest.batches.map(({ sequence }) => sequence);

t.test('batches are sent in order, acknowledged and forgotten', async (t) => {
  const { address, spool, exporter, append } = setUp(t, folderFor(t));
  const ingest = new IngestDouble();
  await ingest.listen(address);
  t.teardown(() => ingest.kill());
  append(20);
  exporter.start();
  await ingest.until(() => spool.pending.length === 0 || ingest.batches.length === 20, 'all arrived');
  t.same(
    sequences(ingest),
    Array.from({ length: 20 }, (_, i) => i + 1),
  );
  t.match(ingest.hellos, [{ cluster: 'c', node: 'n1', oldest: { epoch: 100, sequence: 1 } }]);
});

t.test('no more is under way than the credits allow', async (t) => {
  const { address, spool, exporter, append } = setUp(t, folderFor(t));
  const ingest = new IngestDouble();
  ingest.acknowledging = false;
  ingest.credits = 3;
  await ingest.listen(address);
  t.teardown(() => ingest.kill());
  append(10);
  exporter.start();
  await ingest.until(() => ingest.batches.length === 3, 'the credits are used');
  append(1);
  t.equal(exporter.ledger.sent, 3);
  t.equal(spool.pending.length, 11, 'nothing is forgotten without an acknowledgement');
});

t.test('after a broken stream it goes on behind what was committed, and loses nothing', async (t) => {
  const folder = folderFor(t);
  const { address, spool, exporter, append } = setUp(t, folder);
  const first = new IngestDouble();
  await first.listen(address);
  append(5);
  exporter.start();
  await first.until(() => first.batches.length === 5, 'five arrived');
  first.acknowledging = false;
  append(5);
  await first.until(() => first.batches.length === 10, 'five more arrived, not acknowledged');
  first.kill();
  append(2);
  const second = new IngestDouble();
  second.committed = { epoch: 100, sequence: 7 };
  await second.listen(address);
  t.teardown(() => second.kill());
  await second.until(() => second.batches.length === 5, 'the rest arrived');
  t.same(sequences(second), [8, 9, 10, 11, 12]);
  t.ok(exporter.ledger.reconnects >= 1);
  t.ok(spool.pending.length <= 5);
});

t.test('batches of an earlier start are sent before those of this one', async (t) => {
  const folder = folderFor(t);
  const earlier = setUp(t, folder, 100);
  earlier.append(2);
  const { address, exporter, append } = setUp(t, folder, 200);
  append(1);
  const ingest = new IngestDouble();
  await ingest.listen(address);
  t.teardown(() => ingest.kill());
  exporter.start();
  await ingest.until(() => ingest.batches.length === 3, 'all arrived');
  t.same(
    ingest.batches.map(({ epoch, sequence }) => [epoch, sequence]),
    [
      [100, 1],
      [100, 2],
      [200, 1],
    ],
  );
});

t.test('a batch that the aggregator cannot read is dropped and counted, and holds up no other', async (t) => {
  const { address, spool, exporter, append } = setUp(t, folderFor(t));
  const ingest = new IngestDouble();
  ingest.unreadable = 3;
  await ingest.listen(address);
  t.teardown(() => ingest.kill());
  append(5);
  exporter.start();
  await ingest.until(() => ingest.batches.at(-1)?.sequence === 5, 'the others arrived');
  t.same(new Set(sequences(ingest)), new Set([1, 2, 4, 5]));
  t.equal(spool.droppedBatches, 1);
});
