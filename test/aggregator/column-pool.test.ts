import t from 'tap';
import { ColumnPool } from '../../aggregator/ingest/column-pool.ts';

t.test('memory that is lent is nobody else’s until it is given back, and is used again then', async (t) => {
  const pool = new ColumnPool(1e6);
  const [first, second] = [pool.lend(), pool.lend()];
  const [one, two] = [first.take(5_000), second.take(5_000)];
  t.not(one.buffer, two.buffer);
  t.throws(() => first.take(1), RangeError);
  first.end();
  first.end();
  t.equal(pool.freeNumbers, one.length, 'given back once');
  t.throws(() => first.take(1), RangeError);
  const third = pool.lend();
  t.equal(third.take(one.length), one);
  t.equal(pool.freeNumbers, 0);
  second.end();
  third.end();
});

t.test('there is always enough of it, and what is kept is bounded', async (t) => {
  const pool = new ColumnPool(20_000);
  const loans = Array.from({ length: 10 }, () => pool.lend());
  for (const [i, loan] of loans.entries()) t.ok(loan.take(1_000 * i).length >= 1_000 * i);
  for (const loan of loans) loan.end();
  t.ok(pool.freeNumbers > 0 && pool.freeNumbers <= 20_000, String(pool.freeNumbers));
  const large = pool.lend();
  t.ok(large.take(100_000).length >= 100_000);
  large.end();
  t.ok(pool.freeNumbers <= 20_000);
});
