import t from 'tap';
import { call, establishedIn, noState, openSpool, takeAll, windowOf } from './spools.ts';

const ids = (spool: ReturnType<typeof openSpool>) => spool.pending.map(({ epoch, sequence }) => [epoch, sequence]);
const appended = (spool: ReturnType<typeof openSpool>, numbers: readonly number[]) => {
  for (const number of numbers) spool.append(windowOf(number, [call(80, number)]), noState);
};

t.test(
  'a folder that was wiped and a clock that was set back lose nothing: its batches are numbered anew',
  async (t) => {
    const spool = openSpool(t.testdir(), 50);
    appended(spool, [1, 2]);
    spool.welcome({ epoch: 100, sequence: 7 });
    appended(spool, [4]);
    t.strictSame(ids(spool), [
      [101, 1],
      [101, 2],
      [101, 3],
    ]);
    t.strictSame(takeAll(spool).map(establishedIn), [1, 2, 4]);
    t.match(spool.ledger, { droppedBatches: 0, acknowledged: 0 });
  },
);

t.test('the new epoch outlives the agent, and is told again to nobody', async (t) => {
  const folder = t.testdir();
  const spool = openSpool(folder, 50);
  spool.welcome({ epoch: 100, sequence: 7 });
  appended(spool, [1]);
  const later = openSpool(folder, 60);
  appended(later, [2]);
  t.strictSame(ids(later), [
    [101, 1],
    [102, 1],
  ]);
});

t.test('what another spool of the node has committed does not pass for an acknowledgement', async (t) => {
  const folder = t.testdir();
  const spool = openSpool(folder, 100);
  appended(spool, [1, 2, 4, 8]);
  spool.take(null, 1);
  spool.take({ epoch: 100, sequence: 1 }, 1);
  spool.acknowledge({ epoch: 100, sequence: 1 });
  // 100/2 was sent: it may have been committed before the other's, and must not count twice.
  spool.welcome({ epoch: 200, sequence: 3 });
  t.strictSame(ids(spool), [
    [201, 1],
    [201, 2],
  ]);
  const all = takeAll(spool);
  t.strictSame(all.map(establishedIn), [4, 8]);
  t.equal(all[0]?.lostRecords, 1, 'and that it was given up is told');
  t.match(spool.ledger, { acknowledged: 1, droppedBatches: 1 });
});

t.test('another spool that chose the same epoch is told apart by what was sent', async (t) => {
  const spool = openSpool(t.testdir(), 100);
  appended(spool, [1, 2]);
  spool.welcome({ epoch: 100, sequence: 9 });
  t.strictSame(ids(spool), [
    [101, 1],
    [101, 2],
  ]);
});

t.test('batches of an earlier start that were never sent are numbered anew too, in their order', async (t) => {
  const folder = t.testdir();
  appended(openSpool(folder, 100), [1, 2]);
  const spool = openSpool(folder, 300);
  appended(spool, [4]);
  spool.welcome({ epoch: 200, sequence: 3 });
  t.strictSame(ids(spool), [
    [301, 1],
    [301, 2],
    [301, 3],
  ]);
  t.strictSame(takeAll(spool).map(establishedIn), [1, 2, 4]);
});

t.test('a newer start than what is committed keeps its numbers', async (t) => {
  const spool = openSpool(t.testdir(), 300);
  appended(spool, [1, 2]);
  spool.welcome({ epoch: 200, sequence: 3 });
  spool.welcome(null);
  t.strictSame(ids(spool), [
    [300, 1],
    [300, 2],
  ]);
});

t.test('what was sent and is committed is acknowledged by a welcome, over epochs', async (t) => {
  const folder = t.testdir();
  appended(openSpool(folder, 100), [1, 2]);
  const spool = openSpool(folder, 300);
  appended(spool, [4, 8]);
  takeAll(spool);
  const later = openSpool(folder, 400);
  later.welcome({ epoch: 300, sequence: 1 });
  t.strictSame(ids(later), [[300, 2]]);
  t.match(later.ledger, { acknowledged: 3, droppedBatches: 0 });
});

t.test('a batch of another spool between two epochs of this one acknowledges neither', async (t) => {
  const folder = t.testdir();
  const first = openSpool(folder, 100);
  appended(first, [1, 2]);
  takeAll(first);
  const spool = openSpool(folder, 500);
  appended(spool, [4]);
  takeAll(spool);
  // 500/1 was sent, and cannot have been committed: nothing behind 300/1 was.
  spool.welcome({ epoch: 300, sequence: 1 });
  t.strictSame(ids(spool), [[500, 1]]);
  t.match(spool.ledger, { acknowledged: 0, droppedBatches: 2 }, 'what may have been committed before is given up');
});
