import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { noState, openSpool, takeAll, windowOf } from './spools.ts';

/** So small that each batch has a file of its own. */
const oneEach = 64 * 100;

const append = (spool: ReturnType<typeof openSpool>, count: number) => {
  for (let window = 1; window <= count; window++) spool.append(windowOf(window), noState);
};

t.test('the last batch that is held no more is known, also after a restart', async (t) => {
  const folder = t.testdir();
  const spool = openSpool(folder, 100);
  t.equal(spool.forgotten, null);
  append(spool, 3);
  t.equal(spool.forgotten, null, 'nothing was sent');
  takeAll(spool);
  t.equal(spool.forgotten, null, 'nothing was acknowledged');
  spool.acknowledge({ epoch: 100, sequence: 2 });
  t.strictSame(spool.forgotten, { epoch: 100, sequence: 2 });
  const again = openSpool(folder, 200);
  t.equal(again.forgotten, null, 'a file goes when all in it is acknowledged: until then a later start has it again');
  t.equal(again.pending.length, 3);
  spool.acknowledge({ epoch: 100, sequence: 3 });
  t.strictSame(openSpool(folder, 200).forgotten, { epoch: 100, sequence: 3 }, 'by what was sent');
});

t.test('it outlives starts in which nothing was acknowledged', async (t) => {
  const folder = t.testdir();
  const first = openSpool(folder, 100);
  append(first, 2);
  takeAll(first);
  first.acknowledge({ epoch: 100, sequence: 2 });
  const second = openSpool(folder, 200);
  append(second, 2);
  takeAll(second);
  t.strictSame(openSpool(folder, 300).forgotten, { epoch: 100, sequence: 2 });
  second.acknowledge({ epoch: 200, sequence: 2 });
  t.strictSame(openSpool(folder, 300).forgotten, { epoch: 200, sequence: 2 });
});

t.test('an aggregator that knows less does not take it back', async (t) => {
  const spool = openSpool(t.testdir(), 100);
  append(spool, 3);
  takeAll(spool);
  spool.acknowledge({ epoch: 100, sequence: 3 });
  spool.welcome({ epoch: 100, sequence: 1 });
  t.strictSame(spool.forgotten, { epoch: 100, sequence: 3 });
});

t.test('without marks it is known as far as the batches that are there tell', async (t) => {
  const folder = t.testdir();
  const spool = openSpool(folder, 100, oneEach);
  append(spool, 3);
  takeAll(spool);
  spool.acknowledge({ epoch: 100, sequence: 2 });
  writeFileSync(join(folder, 'marks'), '');
  const again = openSpool(folder, 200, oneEach);
  t.strictSame(again.pending, [{ epoch: 100, sequence: 3 }]);
  t.strictSame(again.forgotten, { epoch: 100, sequence: 2 });
});
