import fc from 'fast-check';
import t from 'tap';
import { dropEdges, type MapDecoder, packetEdges, socketEdges, translatedEdges } from '../../agent/source/decode.ts';
import type { EntryLayout } from '../../agent/source/deltas.ts';
import { edgeKeyLayout, overflowLayout, plainEdgeKeyLayout } from '../../agent/source/layout.ts';
import { OverflowTable } from '../../agent/source/overflow.ts';

/** In the order of enum edge_map. */
const layouts = [socketEdges, packetEdges, dropEdges(new Map()), translatedEdges].map(({ layout }) => layout);
const [sockets, packets, drops, translated] = [0, 1, 2, 3];

/** Where the scope is in a map's keys: test edges differ in nothing else. */
const scopeAt = (map: number) => (map === packets ? plainEdgeKeyLayout.interface : edgeKeyLayout.scope);

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
  record.writeUInt32LE(key, overflowLayout.key + scopeAt(map));
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
  const edges = deltas.map((each, map) =>
    each
      .map(({ buffer, offset, firstNs, lastNs, counters }) => {
        return [buffer.readUInt32LE(offset + scopeAt(map)), firstNs, lastNs, counters[0], counters.at(-1)];
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
      { map: translated, key: 1, ns: 4, counts: [6, 7] },
    ]),
  );
  t.same(drainedFrom(table).edges, [[[1, 1, 1, 1, 2]], [[1, 2, 2, 3, 4]], [[1, 3, 3, 5, 5]], [[1, 4, 4, 6, 7]]]);
});

t.test('what was drained is not told again', async (t) => {
  const table = new OverflowTable(layouts, 10);
  const event = { map: packets, key: 1, ns: 10, counts: [1, 1] } as const;
  table.add(recordsOf([event]));
  table.drain();
  t.same(drainedFrom(table), { edges: [[], [], [], []], lost: 0 });
  table.add(recordsOf([event]));
  t.same(drainedFrom(table).edges, [[], [[1, 10, 10, 1, 1]], [], []]);
});

t.test('edges are bounded, and events of further ones are counted until they are drained', async (t) => {
  const table = new OverflowTable(layouts, 2);
  const event = (map: number, key: number): Event => ({ map, key, ns: 10, counts: [1, 1] });
  const some = [event(packets, 1), event(sockets, 1), event(packets, 2), event(packets, 2), event(packets, 1)];
  table.add(recordsOf(some));
  t.same(drainedFrom(table), { edges: [[[1, 10, 10, 1, 1]], [[1, 10, 10, 2, 2]], [], []], lost: 2 });
  table.add(recordsOf([event(packets, 2)]));
  t.same(drainedFrom(table), { edges: [[], [[2, 10, 10, 1, 1]], [], []], lost: 0 });
});

t.test('the entry that is given decodes to the edge that it was', async (t) => {
  const table = new OverflowTable(layouts, 10);
  const far = '00000000000000000000ffff0a010002';
  const service = '00000000000000000000ffff0a600001';
  const keys = [
    // struct plain_edge_key: remote, interface 3, port 53, UDP, client.
    [packets, `${far}0300000035001101`],
    // struct edge_key: scope 3, remote, port 53, seen port 80, UDP, client, an interface, seen address.
    [translated, `0300000000000000${far}3500500011010200${service}`],
  ] as const;
  for (const [map, key] of keys) {
    const record = recordOf({ map, key: 0, ns: 5, counts: [4, 0] });
    record.write(key, overflowLayout.key, 'hex');
    table.add(record);
  }
  const { deltas } = table.drain();
  const edge = {
    scope: { type: 'interface', ifindex: 3 },
    role: 'client',
    protocol: 'UDP',
    remote: '10.1.0.2',
    port: 53,
    counters: { synPackets: 4 },
    firstSeenUnixMs: 10,
  };
  const told = (decoder: MapDecoder, map: number) => deltas[map]?.map((delta) => decoder.decode(delta, (ns) => ns * 2));
  t.match(told(packetEdges, packets), [{ ...edge, seenAs: null }]);
  t.match(told(translatedEdges, translated), [{ ...edge, seenAs: { address: '10.96.0.1', port: 80 } }]);
});

t.test('whatever comes, each event is in a sum or counted as lost', async () => {
  const event: fc.Arbitrary<Event> = fc.record({
    map: fc.constantFrom(sockets, packets, drops, translated),
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
