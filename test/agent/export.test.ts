import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { Exporter } from '../../agent/export/exporter.ts';
import { connect } from '../../proto/services.ts';
import { IngestDouble } from './ingest-double.ts';
import { anyStatus, call, noState, openSpool, windowOf } from './spools.ts';
import { eagerExporter } from './exporter-options.ts';

const status = { ...anyStatus };

/** Short, because the path of a Unix socket has at most 107 bytes. */
function folderFor(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function setUp(t: Test, folder: string, epoch = 100) {
  const address = `unix:${join(folder, 'ingest.sock')}`;
  const spool = openSpool(join(folder, 'spool'), epoch);
  const options = { ...eagerExporter, cluster: 'c' };
  const exporter = new Exporter(
    () => connect(address),
    spool,
    options,
    () => status,
    pino({ level: 'silent' }),
  );
  t.teardown(() => exporter.stop());
  let windows = 0;
  const append = (count: number) => {
    for (let i = 0; i < count; i++) {
      windows++;
      spool.append(windowOf(windows, [call(80), call(windows)]), noState);
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
  t.match(spool.ledger, { droppedBatches: 1, droppedRecords: 2 });
});

const ackedThrough = (spool: { ledger: { acknowledged: number } }, count: number) => () =>
  spool.ledger.acknowledged === count;

t.test('what may be under way follows what acknowledgements say, down and up', async (t) => {
  const { address, exporter, spool, append } = setUp(t, folderFor(t));
  const ingest = new IngestDouble();
  const underWay: number[] = [];
  ingest.answerTo = () => {
    underWay.push(exporter.ledger.sent - spool.ledger.acknowledged);
    return undefined;
  };
  ingest.credits = 6;
  ingest.ack = { credits: 2 };
  await ingest.listen(address);
  t.teardown(() => ingest.kill());
  append(20);
  exporter.start();
  await ingest.until(ackedThrough(spool, 20), 'all are acknowledged');
  t.ok(Math.max(...underWay) <= 6);
  t.ok(Math.max(...underWay.slice(-5)) <= 2, underWay.join(' '));
  ingest.ack = { credits: 9 };
  append(1);
  await ingest.until(ackedThrough(spool, 21), 'that one is acknowledged');
  ingest.acknowledging = false;
  append(20);
  await ingest.until(() => ingest.batches.length === 30, 'nine are under way');
  t.equal(exporter.ledger.sent, 30);
});

t.test('a pause is kept, and then it goes on', async (t) => {
  const { address, exporter, spool, append } = setUp(t, folderFor(t));
  const ingest = new IngestDouble();
  ingest.credits = 1;
  ingest.ack = { throttleMs: 200 };
  await ingest.listen(address);
  t.teardown(() => ingest.kill());
  append(3);
  const began = performance.now();
  exporter.start();
  await ingest.until(ackedThrough(spool, 3), 'all are acknowledged');
  t.ok(performance.now() - began >= 400, 'two pauses were kept');
});

t.test(
  'asked for its dictionary, it sends everything behind what was taken again, and nothing is counted twice',
  async (t) => {
    const { address, exporter, spool, append } = setUp(t, folderFor(t));
    const ingest = new IngestDouble();
    ingest.acknowledging = false;
    ingest.answerTo = ({ sequence }) => {
      if (sequence < 5 || ingest.batches.length > 5) return undefined;
      return { frame: 'needDictionary', needDictionary: { after: { epoch: 100, sequence: 2 }, reason: 'a test' } };
    };
    await ingest.listen(address);
    t.teardown(() => ingest.kill());
    append(5);
    exporter.start();
    await ingest.until(() => ingest.batches.length === 8, 'three came again');
    t.same(sequences(ingest), [1, 2, 3, 4, 5, 3, 4, 5]);
    t.strictSame(ingest.batches[2], ingest.batches[5], 'the same is in it');
    const [first, second, again] = [0, 1, 5].map((i) => ingest.frames[i]?.body.length ?? 0) as [number, number, number];
    t.ok(second < first && again > second, 'it says again what it refers to');
    t.match(exporter.ledger, { dictionariesAskedFor: 1, sent: 8 });
    t.equal(spool.pending.length, 5);
  },
);

t.test('a small dictionary is begun anew before it is full', async (t) => {
  const { address, exporter, spool, append } = setUp(t, folderFor(t));
  const ingest = new IngestDouble();
  ingest.welcome = { limits: { maxRows: 100, maxBatchBytes: 10_000, maxDictionaryEntries: 5 } };
  ingest.maxDictionaryEntries = 5;
  await ingest.listen(address);
  t.teardown(() => ingest.kill());
  append(30);
  exporter.start();
  await ingest.until(ackedThrough(spool, 30), 'all are acknowledged');
  t.equal(ingest.records.length, 60);
});

t.test('a batch beyond what the aggregator takes is cut, and the rest is a loss of its window', async (t) => {
  const { address, exporter, spool, append } = setUp(t, folderFor(t));
  const ingest = new IngestDouble();
  ingest.welcome = { limits: { maxRows: 1, maxBatchBytes: 10_000, maxDictionaryEntries: 100 } };
  await ingest.listen(address);
  t.teardown(() => ingest.kill());
  append(1);
  exporter.start();
  await ingest.until(ackedThrough(spool, 1), 'it is acknowledged');
  t.match(ingest.batches, [{ losses: { 'batch-full': 1 }, records: { length: 1 } }]);
});

t.test('the status is told again only when it has changed', async (t) => {
  const { address, exporter, spool, append } = setUp(t, folderFor(t));
  const ingest = new IngestDouble();
  await ingest.listen(address);
  t.teardown(() => ingest.kill());
  append(3);
  exporter.start();
  await ingest.until(ackedThrough(spool, 3), 'all are acknowledged');
  t.equal(ingest.statuses.length, 1, 'with hello');
  status.podsResolved++;
  append(2);
  await ingest.until(ackedThrough(spool, 5), 'all are acknowledged');
  t.strictSame(
    ingest.statuses.map(({ podsResolved }) => podsResolved),
    [0, 1],
  );
});

t.test('an acknowledgement of what was not sent is believed by nobody', async (t) => {
  const { address, exporter, spool, append } = setUp(t, folderFor(t));
  const ingest = new IngestDouble();
  ingest.acknowledging = false;
  ingest.answerTo = () => ({
    frame: 'ack',
    ack: { committed: { epoch: 100, sequence: 7 }, credits: 0, throttleMs: 0 },
  });
  await ingest.listen(address);
  t.teardown(() => ingest.kill());
  append(2);
  exporter.start();
  await ingest.until(() => ingest.hellos.length === 2, 'it connected again');
  t.equal(spool.pending.length, 2);
});
