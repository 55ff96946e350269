import { extension, fragment } from './frames.ts';
import { edgeTexts, from, packetTest, to } from './packet-run.ts';
import { fromPod, fromPod6, toPod, toPod6 } from './pod-frames.ts';
import { chunks, ICMP, icmpMessage, SCTP, SYN, sctpPacket, TCP, tcpSegment, UDP, udpDatagram } from './segments.ts';

/** What stands where a later fragment has payload looks like ports to who is careless. */
const payload = udpDatagram(1, 2, 56);
const first = udpDatagram(40000, 123, 56);

packetTest('later fragments of a datagram count in the edge of the first one', (t, observe) => {
  const { edges, counted } = observe(
    [from, fromPod(UDP, first, { id: 1, moreFragments: true })],
    [from, fromPod(UDP, payload, { id: 1, moreFragments: true, fragmentOffset: 8 })],
    [from, fromPod(UDP, payload, { id: 1, fragmentOffset: 16 })],
  );
  t.same(edgeTexts(edges), ['client UDP 10.1.0.2 123 first-packet: packetsToServer 3']);
  t.equal(edges[0]?.counters.bytesToServer, 3 * (20 + 64));
  t.same(counted, {});
});

packetTest('fragments of an answer count as the answer', (t, observe) => {
  const answer = udpDatagram(123, 40000, 56);
  const { edges } = observe(
    [from, fromPod(UDP, first)],
    [to, toPod(UDP, answer, { id: 2, moreFragments: true })],
    [to, toPod(UDP, payload, { id: 2, fragmentOffset: 8 })],
  );
  t.same(edgeTexts(edges), ['client UDP 10.1.0.2 123 first-packet: packetsToServer 1, packetsToClient 2']);
});

packetTest('IPv6 is no different, also behind other extension headers', (t, observe) => {
  for (const [id, before] of [
    [3, []],
    [4, [extension(0), extension(43, 2)]],
  ] as const) {
    const { edges, counted } = observe(
      [to, toPod6(UDP, first, [...before, fragment(0, true, id)])],
      [to, toPod6(UDP, payload, [...before, fragment(8, true, id)])],
      [to, toPod6(UDP, payload, [...before, fragment(16, false, id)])],
    );
    t.same(edgeTexts(edges), ['server UDP fd00::2 123 first-packet: packetsToServer 3']);
    t.same(counted, {});
  }
});

packetTest('a later fragment whose first one is not known is counted, never read as ports', (t, observe) => {
  const { edges, counted } = observe(
    [from, fromPod(UDP, payload, { id: 5, fragmentOffset: 100 })],
    [from, fromPod(UDP, payload, { id: 5, moreFragments: true, fragmentOffset: 1 })],
    [from, fromPod6(UDP, payload, [fragment(100, false, 5)])],
    [from, fromPod6(UDP, payload, [fragment(0x1fff, true, 5)])],
  );
  t.same([edges, counted], [[], { 'packets-fragmented': 4 }]);
});

packetTest('fragments are told apart by identification, ends and protocol', (t, observe) => {
  const { edges, counted } = observe(
    [from, fromPod(UDP, first, { id: 6, moreFragments: true })],
    [from, fromPod(UDP, payload, { id: 7, fragmentOffset: 8 })],
    [to, toPod(UDP, payload, { id: 6, fragmentOffset: 8 })],
    [from, fromPod(SCTP, payload, { id: 6, fragmentOffset: 8 })],
    [from, fromPod6(UDP, payload, [fragment(8, false, 6)])],
  );
  t.same(edgeTexts(edges), ['client UDP 10.1.0.2 123 first-packet: packetsToServer 1']);
  t.same(counted, { 'packets-fragmented': 4 });
});

packetTest(
  'first fragments of any protocol have ports, later ones of all but UDP and TCP are counted',
  (t, observe) => {
    const { edges, counted } = observe(
      [from, fromPod(SCTP, sctpPacket(40000, 3868, chunks.init), { id: 8, moreFragments: true })],
      [from, fromPod(SCTP, payload, { id: 8, fragmentOffset: 8 })],
      [from, fromPod(ICMP, icmpMessage(8, 0, Buffer.alloc(56)), { id: 9, moreFragments: true })],
      [from, fromPod(ICMP, payload, { id: 9, fragmentOffset: 8 })],
      [from, fromPod(TCP, tcpSegment(40000, 443, SYN), { id: 10, moreFragments: true })],
      [from, fromPod(TCP, payload, { id: 10, fragmentOffset: 8 })],
    );
    t.same(edgeTexts(edges), [
      'client ICMP 10.1.0.2 2048 handshake: packetsToServer 1',
      'client SCTP 10.1.0.2 3868 handshake: attempts 1, packetsToServer 1',
      'client TCP 10.1.0.2 443 handshake: synPackets 1',
    ]);
    t.same(counted, { 'packets-fragmented': 2 });
  },
);

packetTest('a packet that is whole in one fragment is like any other', (t, observe) => {
  const { edges, counted } = observe(
    [from, fromPod6(UDP, first, [fragment(0, false, 11)])],
    [from, fromPod6(UDP, payload, [fragment(8, false, 11)])],
  );
  t.same(edgeTexts(edges), ['client UDP fd00::2 123 first-packet: packetsToServer 1']);
  t.same(counted, { 'packets-fragmented': 1 });
});
