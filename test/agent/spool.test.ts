import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Spool } from '../../agent/spool/spool.ts';

const noState = new Uint8Array();
const bytesOf = (text: string) => () => Buffer.from(text);

t.test('batches come out in order and go when they are acknowledged', async (t) => {
  const spool = new Spool(t.testdir(), 1000, 5);
  spool.append(bytesOf('a'), noState);
  spool.append(bytesOf('b'), noState);
  spool.append(bytesOf('c'), noState);
  const first = spool.next(null);
  t.match(first, { id: { epoch: 5, sequence: 1 } });
  t.equal(Buffer.from(first?.bytes ?? []).toString(), 'a');
  t.match(spool.next({ epoch: 5, sequence: 1 }), { id: { epoch: 5, sequence: 2 } });
  t.equal(spool.acknowledge({ epoch: 5, sequence: 2 }), 2);
  t.same(spool.pending, [{ epoch: 5, sequence: 3 }]);
  t.equal(spool.pendingBytes, 1);
  t.equal(spool.next({ epoch: 5, sequence: 3 }), null);
});

t.test('batches outlive the agent, and a new start counts from 1 in a later epoch', async (t) => {
  const folder = t.testdir();
  new Spool(folder, 1000, 5).append(bytesOf('old'), noState);
  const spool = new Spool(folder, 1000, 9);
  spool.append(bytesOf('new'), noState);
  t.same(spool.pending, [
    { epoch: 5, sequence: 1 },
    { epoch: 9, sequence: 1 },
  ]);
});

t.test('epochs grow also when the clock was set back', async (t) => {
  const folder = t.testdir();
  const before = new Spool(folder, 1000, 500);
  t.same(before.pending, []);
  const spool = new Spool(folder, 1000, 100);
  spool.append(bytesOf('x'), noState);
  t.same(spool.pending, [{ epoch: 501, sequence: 1 }]);
});

t.test('the oldest go when the bound is reached, and are counted', async (t) => {
  const spool = new Spool(t.testdir(), 10, 1);
  t.equal(spool.append(bytesOf('12345'), noState), 0);
  t.equal(spool.append(bytesOf('12345'), noState), 0);
  t.equal(spool.append(bytesOf('12345'), noState), 1);
  t.equal(spool.droppedBatches, 1);
  t.same(spool.pending[0], { epoch: 1, sequence: 2 });
  t.equal(spool.append(bytesOf('x'.repeat(50)), noState), 2, 'a batch above the bound is kept alone');
  t.equal(spool.pending.length, 1);
});

t.test('half-written and foreign files are left alone', async (t) => {
  const folder = t.testdir({ 'notes.txt': 'mine', '0000000000000001-0000000000000001.batch.tmp': 'half' });
  const spool = new Spool(folder, 1000, 1);
  t.same(spool.pending, []);
  t.ok(readdirSync(folder).includes('notes.txt'));
});

t.test('a folder that cannot be used is an error that names it', async (t) => {
  const file = join(t.testdir(), 'file');
  writeFileSync(file, '');
  t.throws(() => new Spool(join(file, 'spool'), 1000, 1), { code: 'SPOOL', message: /file\/spool.*--spool/ });
});

const stateOf = (text: string) => Buffer.from(text);
const textOf = ({ state }: Spool) => state?.toString() ?? null;

t.test('a later start finds the state of the last batch that was kept', async (t) => {
  const folder = t.testdir();
  const spool = new Spool(folder, 1000, 1);
  t.equal(textOf(spool), null);
  spool.begin(stateOf('begin'));
  t.equal(textOf(new Spool(folder, 1000, 2)), 'begin');
  spool.append(bytesOf('a'), stateOf('after a\nand more'));
  t.equal(textOf(new Spool(folder, 1000, 3)), 'after a\nand more');
});

t.test('a state whose batch was not kept counts for nothing', async (t) => {
  const folder = t.testdir();
  const spool = new Spool(folder, 1000, 1);
  spool.append(bytesOf('a'), stateOf('after a'));
  // As if the agent had been killed before it wrote the batch.
  writeFileSync(join(folder, 'state.next'), '0000000000000001-0000000000000002.batch\nafter b');
  t.equal(textOf(new Spool(folder, 1000, 2)), 'after a');
});

t.test('a batch that was kept brings its state, wherever the agent was killed', async (t) => {
  const folder = t.testdir();
  const spool = new Spool(folder, 1000, 1);
  spool.append(bytesOf('a'), stateOf('after a'));
  // As if the agent had been killed between writing the batch and declaring the state valid.
  writeFileSync(join(folder, 'state.next'), '0000000000000001-0000000000000001.batch\nafter a, too');
  t.equal(textOf(new Spool(folder, 1000, 2)), 'after a, too');
});
