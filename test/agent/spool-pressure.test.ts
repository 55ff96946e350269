import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { batchOf, call, establishedIn, noState, openSpool, takeAll, windowOf } from './spools.ts';

const ports = Array.from({ length: 100 }, (_, i) => i + 1);
const busy = (number: number) =>
  windowOf(
    number,
    ports.map((port) => call(port)),
  );
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

function bytesIn(folder: string): number {
  const segments = readdirSync(folder).filter((name) => name.endsWith('.segment'));
  return sum(segments.map((name) => statSync(join(folder, name)).size));
}

t.test('under pressure windows are widened before anything is lost', async (t) => {
  const folder = t.testdir();
  const maxBytes = 20_000;
  const spool = openSpool(folder, 5, maxBytes);
  for (let number = 1; number <= 200; number++) {
    spool.append(busy(number), noState);
    t.ok(bytesIn(folder) <= maxBytes, `${bytesIn(folder)} bytes after ${number}`);
  }
  const { droppedBatches, mergedBatches, pending } = spool.ledger;
  t.equal(droppedBatches, 0);
  t.equal(mergedBatches + pending, 200);
  const later = openSpool(folder, 9, maxBytes);
  const all = takeAll(later);
  t.equal(sum(all.map(establishedIn)), 200 * ports.length, 'all of it is there, once');
  let next = 1;
  for (const taken of all) {
    const { window, sequence } = batchOf(taken);
    t.equal(taken.label.firstSequence, next, 'neighbours stand one behind the other');
    t.equal(window.startUnixMs, busy(next).window.startUnixMs);
    t.equal(window.endUnixMs, busy(sequence).window.endUnixMs);
    next = sequence + 1;
  }
  t.equal(next, 201);
});

t.test('what may have been sent is never merged, also by a later start', async (t) => {
  const folder = t.testdir();
  const maxBytes = 30_000;
  const first = openSpool(folder, 5, maxBytes);
  for (let number = 1; number <= 3; number++) first.append(busy(number), noState);
  t.equal(first.take(null, 2)?.label.id.sequence, 1, 'two are about to be sent');
  const spool = openSpool(folder, 9, maxBytes);
  for (let number = 4; number <= 60; number++) spool.append(busy(number), noState);
  t.equal(spool.ledger.droppedBatches, 0);
  t.ok(spool.ledger.mergedBatches > 0);
  const labels = takeAll(spool).map(({ label }) => [label.id.epoch, label.firstSequence, label.id.sequence]);
  t.strictSame(labels.slice(0, 3), [
    [5, 1, 1],
    [5, 2, 2],
    [5, 3, 3],
  ]);
  t.ok(labels.slice(3).some(([, from, to]) => from !== to));
});

t.test(
  'when widening makes no room the oldest go, are counted, and the next batch that is sent tells of them',
  async (t) => {
    const folder = t.testdir();
    const maxBytes = 20_000;
    const spool = openSpool(folder, 5, maxBytes);
    // No two windows have an edge in common.
    const different = (number: number) =>
      windowOf(
        number,
        ports.map((port) => call(number * 100 + port)),
      );
    for (let number = 1; number <= 100; number++) {
      spool.append(different(number), noState);
      t.ok(bytesIn(folder) <= maxBytes, `${bytesIn(folder)} bytes after ${number}`);
    }
    const { droppedBatches, droppedRecords } = spool.ledger;
    t.ok(droppedBatches > 0);
    const later = openSpool(folder, 9, maxBytes);
    const all = takeAll(later);
    t.equal(sum(all.map(({ label }) => label.rows)) + droppedRecords, 100 * ports.length, 'seen = pending + dropped');
    t.strictSame(
      all.map(({ lostRecords }) => lostRecords),
      [droppedRecords, ...all.slice(1).map(() => 0)],
      'also by a later start',
    );
    t.equal(takeAll(later)[0]?.lostRecords, droppedRecords, 'and again when it is sent again');
    later.acknowledge(all[0]?.label.id ?? { epoch: 0, sequence: 0 });
    t.equal(takeAll(openSpool(folder, 10, maxBytes))[0]?.lostRecords, 0, 'and no more when that was committed');
  },
);

t.test('a batch above the bound is kept alone', async (t) => {
  const spool = openSpool(t.testdir(), 5, 100);
  spool.append(busy(1), noState);
  t.equal(spool.pending.length, 1);
  spool.append(busy(2), noState);
  t.same(spool.pending.at(-1), { epoch: 5, sequence: 2 });
  t.equal(spool.pending.length, 1);
});
