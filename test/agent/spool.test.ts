import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Spool } from '../../agent/spool/spool.ts';

const bytesOf = (text: string) => () => Buffer.from(text);

t.test('batches come out in order and go when they are acknowledged', async (t) => {
  const spool = new Spool(t.testdir(), 1000, 5);
  spool.append(bytesOf('a'));
  spool.append(bytesOf('b'));
  spool.append(bytesOf('c'));
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
  new Spool(folder, 1000, 5).append(bytesOf('old'));
  const spool = new Spool(folder, 1000, 9);
  spool.append(bytesOf('new'));
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
  spool.append(bytesOf('x'));
  t.same(spool.pending, [{ epoch: 501, sequence: 1 }]);
});

t.test('the oldest go when the bound is reached, and are counted', async (t) => {
  const spool = new Spool(t.testdir(), 10, 1);
  t.equal(spool.append(bytesOf('12345')), 0);
  t.equal(spool.append(bytesOf('12345')), 0);
  t.equal(spool.append(bytesOf('12345')), 1);
  t.equal(spool.droppedBatches, 1);
  t.same(spool.pending[0], { epoch: 1, sequence: 2 });
  t.equal(spool.append(bytesOf('x'.repeat(50))), 2, 'a batch above the bound is kept alone');
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
