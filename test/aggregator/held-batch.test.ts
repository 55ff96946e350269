import t from 'tap';
import { Arena } from '../../aggregator/graph/arena.ts';
import { BlockPool } from '../../aggregator/ingest/block-pool.ts';
import { HeldBatch } from '../../aggregator/ingest/held-batch.ts';

t.test('the memory of a batch is nobody else’s until it ends, and is used again then', async (t) => {
  const memory = { bodies: new Arena(1_024, 4), columns: new BlockPool(1e6) };
  const batch = (byte: number) => new HeldBatch({ body: new Uint8Array(100).fill(byte), crc32: byte }, memory);
  const [first, second] = [batch(1), batch(2)];
  const [one, two] = [first.columns.float64(5_000).fill(1), second.columns.float64(5_000).fill(2)];
  const more = [first.columns.uint8(3).fill(3), first.columns.uint32(5).fill(4), first.columns.float64(9_000).fill(5)];
  t.not(one.buffer, two.buffer);
  t.strictSame([...first.message.body], Array(100).fill(1));
  for (const [i, column] of [one, two, ...more].entries()) t.ok(column.every((value) => value === i + 1));
  first.end();
  first.end();
  const { freeBytes } = memory.columns;
  const blocks = new Set([one, ...more].map(({ buffer }) => buffer.byteLength));
  t.equal(
    freeBytes,
    [...blocks].reduce((sum, bytes) => sum + bytes),
    'given back once',
  );
  t.throws(() => first.columns.float64(90_000), RangeError);
  const third = batch(3);
  third.columns.uint8(1);
  t.ok(memory.columns.freeBytes < freeBytes, 'used again');
  t.equal(second.message.crc32, 2);
  t.strictSame([...second.message.body], Array(100).fill(2));
  t.ok(two.every((value) => value === 2));
  second.end();
  third.end();
});

t.test('there is always enough of it, and what is kept is bounded', async (t) => {
  const pool = new BlockPool(150_000);
  const taken = Array.from({ length: 10 }, (_, i) => pool.take(8_000 * i));
  for (const [i, block] of taken.entries()) t.ok(block.byteLength >= 8_000 * i);
  for (const block of taken) pool.giveBack(block);
  t.ok(pool.freeBytes > 0 && pool.freeBytes <= 150_000, String(pool.freeBytes));
  const large = pool.take(1_000_000);
  t.ok(large.byteLength >= 1_000_000);
  pool.giveBack(large);
  t.ok(pool.freeBytes <= 150_000);
});
