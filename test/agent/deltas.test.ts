import fc from 'fast-check';
import t from 'tap';
import { DeltaTable, type EntryLayout } from '../../agent/source/deltas.ts';

const layout: EntryLayout = { keySize: 4, valueSize: 24, firstNs: 0, lastNs: 8, counters: [16] };

function entries(...rows: readonly (readonly [key: number, firstNs: number, lastNs: number, count: number])[]): Buffer {
  return Buffer.concat(
    rows.map(([key, first, last, count]) => {
      const row = Buffer.alloc(28);
      row.writeUInt32LE(key, 0);
      row.writeBigUInt64LE(BigInt(first), 4);
      row.writeBigUInt64LE(BigInt(last), 12);
      row.writeBigUInt64LE(BigInt(count), 20);
      return row;
    }),
  );
}

const view = (deltas: ReturnType<DeltaTable['read']>) =>
  deltas.map(({ buffer, offset, firstNs, lastNs, counters }) => [
    buffer.readUInt32LE(offset),
    firstNs,
    lastNs,
    ...counters,
  ]);

t.test('the first read gives everything, later ones what was gained', async (t) => {
  const table = new DeltaTable(layout);
  t.same(view(table.read(entries([1, 10, 20, 5], [2, 11, 11, 1]), 100)), [
    [1, 10, 20, 5],
    [2, 11, 11, 1],
  ]);
  t.same(view(table.read(entries([1, 10, 30, 8], [2, 11, 11, 1]), 200)), [[1, 21, 30, 3]]);
  t.same(view(table.read(entries([1, 10, 30, 8], [2, 11, 11, 1]), 300)), []);
});

t.test('counts above 32 bits stay exact', async (t) => {
  const table = new DeltaTable(layout);
  table.read(entries([1, 0, 0, 2 ** 40]), 0);
  t.same(view(table.read(entries([1, 0, 5, 2 ** 40 + 3]), 1)), [[1, 1, 5, 3]]);
});

t.test('idle entries are named, and their last gain is not lost when they are taken out', async (t) => {
  const table = new DeltaTable(layout);
  table.read(entries([1, 0, 0, 1], [2, 0, 0, 1]), 100);
  table.read(entries([1, 0, 0, 1], [2, 0, 0, 2]), 200);
  const idle = table.keysToFree((_, changedNs) => changedNs < 150);
  t.same(idle, entries([1, 0, 0, 0]).subarray(0, 4));
  t.same(view(table.forget(entries([1, 0, 9, 4]), 300)), [[1, 1, 9, 3]]);
  t.equal(table.size, 1);
  t.same(view(table.read(entries([1, 400, 400, 1], [2, 0, 0, 2]), 500)), [[1, 400, 400, 1]], 'a new life starts at 0');
});

t.test('the gains add up to the last count, in whatever steps they were read', async () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1000), { minLength: 1, maxLength: 30 }), (gains) => {
      const table = new DeltaTable(layout);
      let count = 0;
      let read = 0;
      for (const [i, gain] of gains.entries()) {
        count += gain;
        for (const { counters } of table.read(entries([1, 0, i, count]), i)) read += counters[0] as number;
      }
      return read === count;
    }),
    { seed: 4 },
  );
});
