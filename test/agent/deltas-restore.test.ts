import fc from 'fast-check';
import t from 'tap';
import { DeltaTable, type EntryLayout } from '../../agent/source/deltas.ts';

const layout: EntryLayout = { keySize: 4, valueSize: 24, firstNs: 0, lastNs: 8, counters: [16] };

interface Row {
  readonly key: number;
  readonly firstNs: number;
  readonly lastNs: number;
  readonly count: number;
}

function entries(rows: readonly Row[]): Buffer {
  return Buffer.concat(
    rows.map(({ key, firstNs, lastNs, count }) => {
      const row = Buffer.alloc(28);
      row.writeUInt32LE(key, 0);
      for (const [i, value] of [firstNs, lastNs, count].entries()) row.writeBigUInt64LE(BigInt(value), 4 + i * 8);
      return row;
    }),
  );
}

const keysOf = (buffer: Buffer) => Array.from({ length: buffer.length / 4 }, (_, i) => buffer.readUInt32LE(i * 4));

const view = (deltas: ReturnType<DeltaTable['read']>) =>
  deltas.map(({ buffer, offset, firstNs, lastNs, counters }) => [
    buffer.readUInt32LE(offset),
    firstNs,
    lastNs,
    ...counters,
  ]);

/** An earlier start's table, as it was when its last window was kept. */
function stateAfter(rows: readonly Row[]) {
  const table = new DeltaTable(layout);
  table.read(entries(rows), 100);
  return structuredClone(table.state());
}

const earlier = [
  { key: 1, firstNs: 10, lastNs: 20, count: 5 },
  { key: 0xfffefdfc, firstNs: 11, lastNs: 21, count: 7 },
];

t.test('a later start reports only what came after the state', async (t) => {
  const table = new DeltaTable(layout);
  const now = [
    { key: 1, firstNs: 10, lastNs: 50, count: 9 },
    { key: 0xfffefdfc, firstNs: 11, lastNs: 21, count: 7 },
    { key: 3, firstNs: 40, lastNs: 45, count: 2 },
  ];
  table.restore(stateAfter(earlier), entries(now), 1000);
  t.same(view(table.read(entries(now), 1001)), [
    [1, 21, 50, 4],
    [3, 40, 45, 2],
  ]);
  t.same(view(table.read(entries(now), 1002)), []);
});

t.test('without anything new there is nothing to report', async (t) => {
  const table = new DeltaTable(layout);
  table.restore(stateAfter(earlier), entries(earlier), 1000);
  t.same(view(table.read(entries(earlier), 1001)), []);
  t.equal(table.size, 2);
});

t.test('entries that are gone are forgotten, and a later life of theirs is told whole', async (t) => {
  const table = new DeltaTable(layout);
  table.restore(stateAfter(earlier), entries(earlier.slice(1)), 1000);
  t.equal(table.size, 1);
  const again = [...earlier.slice(1), { key: 1, firstNs: 2000, lastNs: 2001, count: 1 }];
  t.same(view(table.read(entries(again), 2002)), [[1, 2000, 2001, 1]]);
});

t.test('what is restored counts as in use from then on', async (t) => {
  const table = new DeltaTable(layout);
  table.restore(stateAfter(earlier), entries(earlier), 1000);
  t.same(keysOf(table.keysToFree((_, changedNs) => changedNs < 1000)), []);
  t.same(
    keysOf(table.keysToFree((_, changedNs) => changedNs < 1001)),
    earlier.map(({ key }) => key),
  );
});

t.test('a state may be of nothing, and of a kernel that holds nothing any more', async (t) => {
  const empty = new DeltaTable(layout);
  empty.restore([], entries(earlier), 1000);
  t.equal(empty.read(entries(earlier), 1001).length, 2);
  const gone = new DeltaTable(layout);
  gone.restore(stateAfter(earlier), Buffer.alloc(0), 1000);
  t.same([gone.size, gone.state()], [0, []]);
});

t.test('over any starts, windows and removals the reports add up to what was counted', async () => {
  const step = fc.record({ gains: fc.array(fc.tuple(fc.nat(4), fc.nat(9))), restart: fc.boolean(), free: fc.nat(12) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      let table = new DeltaTable(layout);
      let now = 0;
      let counted = 0;
      let reported = 0;
      const kernel = new Map<number, Row>();
      const report = (deltas: ReturnType<DeltaTable['read']>) => {
        for (const { counters } of deltas) reported += counters[0] as number;
      };
      const held = () => entries([...kernel.values()]);
      for (const { gains, restart, free } of steps) {
        for (const [key, gain] of gains) {
          now++;
          counted += gain;
          const known = kernel.get(key) ?? { key, firstNs: now, lastNs: now, count: 0 };
          kernel.set(key, { ...known, lastNs: now, count: known.count + gain });
        }
        report(table.read(held(), now));
        const row = kernel.get(free);
        if (row !== undefined) {
          kernel.delete(free);
          report(table.forget(entries([row]), now));
        }
        if (restart) {
          const state = structuredClone(table.state());
          table = new DeltaTable(layout);
          table.restore(state, held(), now);
        }
      }
      return reported === counted;
    }),
    { seed: 6, numRuns: 500 },
  );
});

t.test('entries that were taken out and made anew since the state are told whole', async (t) => {
  for (const count of [2, 5, 9]) {
    const table = new DeltaTable(layout);
    const anew = [{ key: 1, firstNs: 50, lastNs: 60, count }];
    table.restore(stateAfter(earlier), entries(anew), 1000);
    t.same(view(table.read(entries(anew), 1001)), [[1, 50, 60, count]]);
  }
});
