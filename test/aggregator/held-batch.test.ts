import t from 'tap';
import { Arena } from '../../aggregator/graph/arena.ts';
import { ColumnPool } from '../../aggregator/ingest/column-pool.ts';
import { HeldBatch } from '../../aggregator/ingest/held-batch.ts';

t.test('the memory of a batch is nobody else’s until it ends, and is used again then', async (t) => {
  const memory = { bodies: new Arena(1_024, 4), numbers: new ColumnPool(1e6) };
  const batch = (byte: number) => new HeldBatch({ body: new Uint8Array(100).fill(byte), crc32: byte }, memory);
  const [first, second] = [batch(1), batch(2)];
  const [one, two] = [first.takeNumbers(5_000), second.takeNumbers(5_000)];
  t.not(one.buffer, two.buffer);
  t.throws(() => first.takeNumbers(1), RangeError);
  t.strictSame([...first.message.body], Array(100).fill(1));
  first.end();
  first.end();
  t.equal(memory.numbers.freeNumbers, one.length, 'given back once');
  t.throws(() => first.takeNumbers(1), RangeError);
  const third = batch(3);
  t.equal(third.takeNumbers(one.length), one);
  t.equal(memory.numbers.freeNumbers, 0);
  t.equal(second.message.crc32, 2);
  t.strictSame([...second.message.body], Array(100).fill(2));
  second.end();
  third.end();
});

t.test('there is always enough of it, and what is kept is bounded', async (t) => {
  const pool = new ColumnPool(20_000);
  const taken = Array.from({ length: 10 }, (_, i) => pool.take(1_000 * i));
  for (const [i, memory] of taken.entries()) t.ok(memory.length >= 1_000 * i);
  for (const memory of taken) pool.giveBack(memory);
  t.ok(pool.freeNumbers > 0 && pool.freeNumbers <= 20_000, String(pool.freeNumbers));
  const large = pool.take(100_000);
  t.ok(large.length >= 100_000);
  pool.giveBack(large);
  t.ok(pool.freeNumbers <= 20_000);
});
