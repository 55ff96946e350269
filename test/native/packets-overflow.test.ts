import t from 'tap';
import type { SourceEdge } from '../../agent/source/source.ts';
import { edgeTexts, from, PacketRun, to } from './packet-run.ts';
import { fromPod, toPod } from './pod-frames.ts';
import { SYN, TCP, tcpSegment, UDP, udpDatagram } from './segments.ts';
import { whyNoPrograms } from './test-capture.ts';

const mapEntries = 16;
const skip = whyNoPrograms();

/** SYNs to as many ports as asked, one after the other. */
const syns = (ports: number) =>
  Array.from({ length: ports }, (_, i) => [from, fromPod(TCP, tcpSegment(40000, 1000 + i, SYN))] as const);

const portsOf = (edges: readonly SourceEdge[]) => edges.map(({ port }) => port);

t.test('what a full map has no room for goes through the ring, and nothing is missing', { skip }, async (t) => {
  const packets = new PacketRun({ packetEdges: mapEntries, overflowRingBytes: 65_536 });
  const { edges, overflow, counted } = packets.observe(...syns(50));
  packets.close();
  t.ok(edges.length <= mapEntries);
  t.same(counted, { 'packet-edges-full': 50 - edges.length });
  t.same(
    portsOf([...edges, ...overflow]).toSorted((a, b) => a - b),
    Array.from({ length: 50 }, (_, i) => 1000 + i),
  );
  t.ok([...edges, ...overflow].every(({ counters }) => counters.synPackets === 1));
});

t.test('events of one edge add up, and so do its bytes in both directions', { skip }, async (t) => {
  const packets = new PacketRun({ packetEdges: mapEntries, overflowRingBytes: 65_536 });
  const full = packets.observe(...syns(mapEntries + 4), ...syns(mapEntries + 4));
  const sums = [...full.edges, ...full.overflow];
  t.equal(sums.length, mapEntries + 4);
  t.ok(sums.every(({ counters }) => counters.synPackets === 2));
  const conversation = packets.observe(
    ...syns(mapEntries),
    [from, fromPod(UDP, udpDatagram(40000, 9999, 100))],
    [to, toPod(UDP, udpDatagram(9999, 40000, 50))],
    [from, fromPod(UDP, udpDatagram(40000, 9999, 100))],
  );
  packets.close();
  // Nobody remembers who spoke first where there is no room for it: the ports have to tell.
  t.same(edgeTexts(conversation.overflow), ['client UDP 10.1.0.2 9999 ports: packetsToServer 2, packetsToClient 1']);
  t.match(conversation.overflow[0]?.counters, { bytesToServer: 256, bytesToClient: 78 });
});

t.test('once the map was full, no first packet is taken for the first', { skip }, async (t) => {
  const packets = new PacketRun({ packetEdges: mapEntries });
  const answer = [to, toPod(UDP, udpDatagram(123, 40000))] as const;
  t.same(edgeTexts(packets.observe(answer).edges), ['server UDP 10.1.0.2 40000 first-packet: packetsToServer 1']);
  packets.observe(...syns(mapEntries + 4));
  const later = packets.observe(answer);
  packets.close();
  t.same(edgeTexts(later.edges), ['client UDP 10.1.0.2 123 ports: packetsToClient 1']);
});

t.test('events that find the ring full too are counted as lost', { skip }, async (t) => {
  const packets = new PacketRun({ packetEdges: mapEntries, overflowRingBytes: 4096 });
  const { edges, overflow, counted } = packets.observe(...syns(100));
  const lost = counted['overflow-ring-full'] ?? 0;
  t.ok(lost > 0);
  t.ok(overflow.length > 0);
  t.equal(edges.length + overflow.length + lost, 100);
  t.equal(counted['packet-edges-full'], 100 - edges.length);
  const after = packets.observe(...syns(10));
  packets.close();
  t.equal(after.edges.length, 10, 'a map that was emptied takes edges again');
  t.same(after.counted, {});
});
