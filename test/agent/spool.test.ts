import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { batchOf, call, noState, openSpool, takeAll, windowOf } from './spools.ts';

const ids = (all: ReturnType<typeof takeAll>) => all.map(({ label }) => label.id);

t.test('batches come out in order and go when they are acknowledged', async (t) => {
  const spool = openSpool(t.testdir(), 5);
  for (const number of [1, 2, 3]) spool.append(windowOf(number, [call(number)]), noState);
  const first = spool.take(null, 1);
  t.match(first?.label, { id: { epoch: 5, sequence: 1 }, firstSequence: 1, rows: 1 });
  t.match(first && batchOf(first), { epoch: 5, sequence: 1, records: [{ port: 1 }] });
  t.match(spool.take({ epoch: 5, sequence: 1 }, 1)?.label, { id: { epoch: 5, sequence: 2 } });
  spool.acknowledge({ epoch: 5, sequence: 2 });
  t.equal(spool.ledger.acknowledged, 2);
  t.same(spool.pending, [{ epoch: 5, sequence: 3 }]);
  t.equal(spool.take({ epoch: 5, sequence: 3 }, 1), null);
});

t.test('nothing is left of what is acknowledged', async (t) => {
  const folder = t.testdir();
  const spool = openSpool(folder, 5);
  for (const number of [1, 2]) spool.append(windowOf(number), noState);
  spool.take(null, 2);
  spool.acknowledge({ epoch: 5, sequence: 2 });
  t.equal(spool.ledger.bytes, 0);
  t.notOk(readdirSync(folder).some((name) => name.endsWith('.segment')));
  spool.append(windowOf(3), noState);
  t.same(spool.pending, [{ epoch: 5, sequence: 3 }]);
});

t.test('batches outlive the agent, and a new start counts from 1 in a later epoch', async (t) => {
  const folder = t.testdir();
  openSpool(folder, 5).append(windowOf(1, [call(80)]), noState);
  const spool = openSpool(folder, 9);
  spool.append(windowOf(2), noState);
  t.same(spool.pending, [
    { epoch: 5, sequence: 1 },
    { epoch: 9, sequence: 1 },
  ]);
  t.match(batchOf(takeAll(spool)[0] as never), { epoch: 5, sequence: 1, records: [{ port: 80 }] });
});

t.test('epochs grow also when the clock was set back', async (t) => {
  const folder = t.testdir();
  openSpool(folder, 500).append(windowOf(1), noState);
  const second = openSpool(folder, 100);
  second.append(windowOf(2), noState);
  t.same(second.pending.at(-1), { epoch: 501, sequence: 1 });
  takeAll(second);
  second.acknowledge({ epoch: 501, sequence: 1 });
  const third = openSpool(folder, 100);
  third.append(windowOf(3), noState);
  t.same(third.pending, [{ epoch: 502, sequence: 1 }], 'also when nothing waits any more');
});

t.test('half-written and foreign files are left alone, and what a rewriting left is removed', async (t) => {
  const folder = t.testdir({ 'notes.txt': 'mine', '1.segment': 'not one', '0000000000000001.segment.tmp': 'half' });
  const spool = openSpool(folder, 1);
  t.same(spool.pending, []);
  t.ok(readdirSync(folder).includes('notes.txt'));
  t.ok(readdirSync(folder).includes('1.segment'));
  t.notOk(readdirSync(folder).includes('0000000000000001.segment.tmp'));
});

t.test('a folder that cannot be used is an error that names it', async (t) => {
  const file = join(t.testdir(), 'file');
  writeFileSync(file, '');
  t.throws(() => openSpool(join(file, 'spool'), 1), { code: 'SPOOL', message: /file\/spool.*--spool/ });
  const folder = t.testdir({ marks: {} });
  t.throws(() => openSpool(folder, 1), { code: 'SPOOL', message: /marks.*--spool/ });
});

t.test('a batch of which bits have changed is given up and counted, and holds up no other', async (t) => {
  const folder = t.testdir();
  const spool = openSpool(folder, 5);
  for (const number of [1, 2, 3]) spool.append(windowOf(number, [call(number)]), noState);
  const path = join(folder, '0000000000000001.segment');
  const bytes = readFileSync(path);
  bytes[Math.floor(bytes.length / 2)] = (bytes[Math.floor(bytes.length / 2)] as number) ^ 1;
  chmodSync(path, 0o600);
  writeFileSync(path, bytes);
  t.same(ids(takeAll(spool)), [
    { epoch: 5, sequence: 1 },
    { epoch: 5, sequence: 3 },
  ]);
  t.match(spool.ledger, { droppedBatches: 1, droppedRecords: 1 });
  t.ok(spool.ledger.damagedBytes > 0);
});

const stateOf = (text: string) => Buffer.from(text);
const textOf = ({ state }: { state: Buffer | null }) => state?.toString() ?? null;

t.test('a later start finds the state of the last batch that was kept', async (t) => {
  const folder = t.testdir();
  const spool = openSpool(folder, 1);
  t.equal(textOf(spool), null);
  spool.begin(stateOf('begin'));
  t.equal(textOf(openSpool(folder, 2)), 'begin');
  spool.append(windowOf(1), stateOf('after a\nand more'));
  t.equal(textOf(openSpool(folder, 3)), 'after a\nand more');
});

t.test('a state whose batch was not kept counts for nothing', async (t) => {
  const folder = t.testdir();
  openSpool(folder, 1).append(windowOf(1), stateOf('after a'));
  // As if the agent had been killed before it wrote the batch.
  writeFileSync(join(folder, 'state.next'), '1 2\nafter b');
  t.equal(textOf(openSpool(folder, 2)), 'after a');
});

t.test('a batch that was kept brings its state, wherever the agent was killed', async (t) => {
  const folder = t.testdir();
  openSpool(folder, 1).append(windowOf(1), stateOf('after a'));
  // As if the agent had been killed between writing the batch and declaring the state valid.
  writeFileSync(join(folder, 'state.next'), '1 1\nafter a, too');
  t.equal(textOf(openSpool(folder, 2)), 'after a, too');
});
