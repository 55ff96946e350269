import { ethernet, etherTypes, extension, fragment, tagged } from './frames.ts';
import { edgeTexts, from, isTooShort, PASS, packetTest, to } from './packet-run.ts';
import { fromPod, fromPod6, packetFromPod, packetFromPod6, toPod, toPod6 } from './pod-frames.ts';
import {
  ACK,
  chunks,
  ICMP,
  ICMPV6,
  icmpMessage,
  SCTP,
  SYN,
  sctpPacket,
  TCP,
  tcpSegment,
  UDP,
  udpDatagram,
} from './segments.ts';

const { vlan, qinq } = etherTypes;
const syn = tcpSegment(40000, 443, SYN, { optionBytes: 20 });
const datagram = udpDatagram(40000, 123);

/** Frames, the bytes behind the last header that must be there, and the edge that each leaves once they are. */
const frames: readonly (readonly [name: string, frame: Buffer, beyond: number, edge: string])[] = [
  ['UDP', fromPod(UDP, datagram), 10, 'UDP 10.1.0.2 123'],
  ['UDP behind options', fromPod(UDP, datagram, { optionBytes: 40 }), 10, 'UDP 10.1.0.2 123'],
  ['TCP', fromPod(TCP, syn), 20, 'TCP 10.1.0.2 443'],
  ['SCTP', fromPod(SCTP, sctpPacket(40000, 3868, chunks.init)), 15, 'SCTP 10.1.0.2 3868'],
  ['ICMP', fromPod(ICMP, icmpMessage(8, 0)), 8, 'ICMP 10.1.0.2 2048'],
  ['ICMPv6', fromPod6(ICMPV6, icmpMessage(128, 0)), 8, 'ICMPv6 fd00::2 32768'],
  ['one tag', tagged([vlan], fromPod(TCP, syn)), 20, 'TCP 10.1.0.2 443'],
  ['two tags', tagged([qinq, vlan], fromPod6(UDP, datagram)), 10, 'UDP fd00::2 123'],
  ['a first fragment', fromPod(UDP, datagram, { moreFragments: true }), 10, 'UDP 10.1.0.2 123'],
];

packetTest(
  'a frame that is cut off passes at every length, and is malformed until its headers are whole',
  (t, observe) => {
    for (const [name, frame, beyond, edge] of frames) {
      for (let length = 0; length <= frame.length; length++) {
        const cut = frame.subarray(0, length);
        const { verdicts, edges, counted } = observe([from, cut]);
        const told = edges.map(({ protocol, remote, port }) => `${protocol} ${remote} ${port}`);
        const none = isTooShort(cut);
        const whole = length >= frame.length - beyond;
        const wanted = [[none ? null : PASS], whole ? [edge] : [], none || whole ? {} : { 'packets-malformed': 1 }];
        // One assertion for each that fails is enough to read.
        if (JSON.stringify([verdicts, told, counted]) !== JSON.stringify(wanted))
          t.same([verdicts, told, counted], wanted, `${name}, ${length} bytes`);
      }
      t.pass(name);
    }
  },
);

packetTest('frames without an edge pass at every length and leave none', (t, observe) => {
  const error = icmpMessage(3, 3, packetFromPod(UDP, datagram, { optionBytes: 12 }));
  const error6 = icmpMessage(1, 4, packetFromPod6(TCP, syn));
  const whole = [
    [from, fromPod(TCP, tcpSegment(40000, 443, ACK, { payload: Buffer.alloc(9) }))],
    [from, fromPod(UDP, datagram, { fragmentOffset: 3, id: 99 })],
    [to, toPod(ICMP, error)],
    [to, toPod6(ICMPV6, error6)],
    [to, toPod(TCP, tcpSegment(53, 40000, ACK, { optionBytes: 12, payload: Buffer.alloc(20) }))],
    [from, tagged([vlan, vlan, vlan], fromPod(UDP, datagram))],
    [from, fromPod6(UDP, datagram, Array(8).fill(extension(60)))],
    [from, fromPod6(UDP, datagram, [extension(0), fragment(3, false, 99)])],
  ] as const;
  for (const [program, frame] of whole) {
    const cuts = Array.from({ length: frame.length + 1 }, (_, length) => [program, frame.subarray(0, length)] as const);
    const { verdicts, edges } = observe(...cuts);
    t.same(edges, []);
    t.same(
      verdicts,
      cuts.map(([, cut]) => (isTooShort(cut) ? null : PASS)),
    );
  }
});

packetTest('IPv6 extension headers that are cut off leave no edge', (t, observe) => {
  const chain = [extension(0), extension(43, 2), fragment(0), extension(51, 3), extension(60)];
  const frame = fromPod6(UDP, datagram, chain);
  const needed = frame.length - datagram.length + 8;
  for (let length = 54; length <= frame.length; length++) {
    const { edges, verdicts } = observe([from, frame.subarray(0, length)]);
    t.same(verdicts, [PASS]);
    t.equal(edges.length, length < needed ? 0 : 1, `${length} bytes`);
  }
});

packetTest('a header that claims more than there is gives no edge', (t, observe) => {
  const long4 = fromPod(UDP, datagram);
  long4[14] = 0x4f;
  const long6 = fromPod6(UDP, datagram, [extension(60)]);
  long6[14 + 40 + 1] = 255;
  const longAh = fromPod6(UDP, datagram, [extension(51)]);
  longAh[14 + 40 + 1] = 255;
  const { edges, counted } = observe([from, long4], [from, long6], [from, longAh]);
  t.same([edges, counted], [[], { 'packets-malformed': 3 }]);
});

packetTest('a header of no IP version, or shorter than any, gives no edge', (t, observe) => {
  const firstBytes = [0x00, 0x05, 0x15, 0x40, 0x41, 0x44, 0x55, 0x65, 0xf5];
  const four = firstBytes.map((byte) => {
    const frame = fromPod(UDP, datagram);
    frame[14] = byte;
    return [from, frame] as const;
  });
  const six = [0x00, 0x40, 0x45, 0x50, 0x70, 0xf0].map((byte) => {
    const frame = fromPod6(UDP, datagram);
    frame[14] = byte;
    return [from, frame] as const;
  });
  const { edges, counted } = observe(...four, ...six);
  t.same([edges, counted], [[], { 'packets-malformed': four.length + six.length }]);
});

packetTest('an Ethernet type that lies about the version gives no edge', (t, observe) => {
  const { edges, counted } = observe(
    [from, ethernet(etherTypes.ipv6, Buffer.concat([packetFromPod(UDP, datagram), Buffer.alloc(40)]))],
    [from, ethernet(etherTypes.ipv4, packetFromPod6(UDP, datagram))],
  );
  t.same([edges, counted], [[], { 'packets-malformed': 2 }]);
});

packetTest('flow label, traffic class and type of service do not matter', (t, observe) => {
  const six = fromPod6(UDP, datagram);
  six.writeUInt32BE(0x6fffffff, 14);
  const four = fromPod(UDP, datagram);
  four[15] = 0xff;
  const { edges } = observe([from, four], [from, six]);
  t.same(edgeTexts(edges), [
    'client UDP 10.1.0.2 123 first-packet: packetsToServer 1',
    'client UDP fd00::2 123 first-packet: packetsToServer 1',
  ]);
});

packetTest('a frame that ends inside an extension header of IPv6 is malformed', (t, observe) => {
  const frame = fromPod6(UDP, datagram, [extension(0)]);
  for (let length = 54; length < 62; length++) {
    const { counted } = observe([from, frame.subarray(0, length)]);
    t.same(counted, { 'packets-malformed': 1 }, `${length} bytes`);
  }
});
