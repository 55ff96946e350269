import fc from 'fast-check';
import t from 'tap';
import { dropEdges, packetEdges, socketEdges } from '../../agent/source/decode.ts';
import type { EntryLayout } from '../../agent/source/deltas.ts';
import { overflowLayout } from '../../agent/source/layout.ts';
import { OverflowTable } from '../../agent/source/overflow.ts';

/** In the order of enum edge_map. */
const layouts = [socketEdges, packetEdges, dropEdges(new Map())].map(({ layout }) => layout) as [
  EntryLayout,
  EntryLayout,
  EntryLayout,
];
const [sockets, packets, drops] = [0, 1, 2];

interface Event {
  readonly map: number;
  readonly key: number;
  readonly ns: number;
  /** The first counter, the last counter; where there is one, the sum of both. */
  readonly counts: readonly [number, number];
}

/** An event as the kernel writes it: an entry that counts this event alone. */
function recordOf({ map, key, ns, counts: [first, last] }: Event): Buffer {
  const layout = layouts[map] as EntryLayout;
  const record = Buffer.alloc(overflowLayout.size);
  record.writeUInt32LE(map, overflowLayout.map);
  record.writeUInt32LE(key, overflowLayout.key + 8);
  const { value } = overflowLayout;
  record.writeBigUInt64LE(BigInt(ns), value + layout.firstNs);
  record.writeBigUInt64LE(BigInt(ns), value + layout.lastNs);
  const add = (offset: number, count: number) =>
    record.writeBigUInt64LE(record.readBigUInt64LE(value + offset) + BigInt(count), value + offset);
  add(layout.counters[0] as number, first);
  add(layout.counters.at(-1) as number, last);
  return record;
}

const recordsOf = (events: readonly Event[]) => Buffer.concat(events.map(recordOf));

/** What was drained, a line for each edge. */
function drainedFrom(table: OverflowTable) {
  const { deltas, lost } = table.drain();
  const edges = deltas.map((each) =>
    each
      .map(({ buffer, offset, firstNs, lastNs, counters }) => {
        return [buffer.readUInt32LE(offset + 8), firstNs, lastNs, counters[0], counters.at(-1)];
      })
      .toSorted(([a], [b]) => Number(a) - Number(b)),
  );
  return { edges, lost };
}

t.test('events of one edge add up, from the first to the last', async (t) => {
  const table = new OverflowTable(layouts, 10);
  table.add(
    recordsOf([
      { map: packets, key: 1, ns: 10, counts: [1, 100] },
      { map: packets, key: 2, ns: 11, counts: [1, 0] },
    ]),
  );
  table.add(recordsOf([{ map: packets, key: 1, ns: 30, counts: [2, 50] }]));
  table.add(recordsOf([{ map: packets, key: 1, ns: 20, counts: [0, 1] }]));
  t.same(drainedFrom(table), {
    edges: [
      [],
      [
        [1, 10, 30, 3, 151],
        [2, 11, 11, 1, 0],
      ],
      [],
    ],
    lost: 0,
  });
});

t.test('edges of each map are their own', async (t) => {
  const table = new OverflowTable(layouts, 10);
  table.add(
    recordsOf([
      { map: sockets, key: 1, ns: 1, counts: [1, 2] },
      { map: packets, key: 1, ns: 2, counts: [3, 4] },
      { map: drops, key: 1, ns: 3, counts: [5, 0] },
    ]),
  );
  t.same(drainedFrom(table).edges, [[[1, 1, 1, 1, 2]], [[1, 2, 2, 3, 4]], [[1, 3, 3, 5, 5]]]);
});

t.test('what was drained is not told again', async (t) => {
  const table = new OverflowTable(layouts, 10);
  const event = { map: packets, key: 1, ns: 10, counts: [1, 1] } as const;
  table.add(recordsOf([event]));
  table.drain();
  t.same(drainedFrom(table), { edges: [[], [], []], lost: 0 });
  table.add(recordsOf([event]));
  t.same(drainedFrom(table).edges, [[], [[1, 10, 10, 1, 1]], []]);
});

t.test('edges are bounded, and events of further ones are counted until they are drained', async (t) => {
  const table = new OverflowTable(layouts, 2);
  const event = (map: number, key: number): Event => ({ map, key, ns: 10, counts: [1, 1] });
  const some = [event(packets, 1), event(sockets, 1), event(packets, 2), event(packets, 2), event(packets, 1)];
  table.add(recordsOf(some));
  t.same(drainedFrom(table), { edges: [[[1, 10, 10, 1, 1]], [[1, 10, 10, 2, 2]], []], lost: 2 });
  table.add(recordsOf([event(packets, 2)]));
  t.same(drainedFrom(table), { edges: [[], [[2, 10, 10, 1, 1]], []], lost: 0 });
});

t.test('the entry that is given decodes to the edge that it was', async (t) => {
  const table = new OverflowTable(layouts, 10);
  const record = recordOf({ map: packets, key: 0, ns: 5, counts: [4, 0] });
  // struct edge_key: scope 3, remote 10.1.0.2, port 53, UDP, client, an interface.
  record.write('0300000000000000', overflowLayout.key, 'hex');
  record.write('00000000000000000000ffff0a010002', overflowLayout.key + 8, 'hex');
  record.write('3500000011010200', overflowLayout.key + 40, 'hex');
  table.add(record);
  const [delta] = table.drain().deltas[packets] ?? [];
  t.match(delta && packetEdges.decode(delta, (ns) => ns * 2), {
    scope: { type: 'interface', ifindex: 3 },
    role: 'client',
    protocol: 'UDP',
    remote: '10.1.0.2',
    port: 53,
    counters: { synPackets: 4 },
    firstSeenUnixMs: 10,
  });
});

t.test('whatever comes, each event is in a sum or counted as lost', async () => {
  const event: fc.Arbitrary<Event> = fc.record({
    map: fc.constantFrom(sockets, packets),
    key: fc.nat(8),
    ns: fc.nat(1000),
    counts: fc.constant([1, 0] as const),
  });
  fc.assert(
    fc.property(fc.array(fc.array(event, { maxLength: 10 }), { maxLength: 8 }), fc.nat(12), (reads, maxEdges) => {
      const table = new OverflowTable(layouts, maxEdges);
      for (const events of reads) table.add(recordsOf(events));
      const { deltas, lost } = table.drain();
      const edges = deltas.flat();
      const kept = edges.reduce((sum, { counters }) => sum + (counters[0] as number), 0);
      return edges.length <= maxEdges && kept + lost === reads.flat().length;
    }),
    { seed: 5, numRuns: 500 },
  );
});
