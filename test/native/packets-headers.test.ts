import { arp, ethernet, etherTypes, type Extension, extension, fragment, ipv6, tagged } from './frames.ts';
import { edgeTexts, from, packetTest, to } from './packet-run.ts';
import { fromPod, fromPod6, toPod } from './pod-frames.ts';
import { ICMP, icmpMessage, SCTP, SYN, sctpPacket, TCP, tcpSegment, UDP, udpDatagram } from './segments.ts';

/** Next-header numbers of the extensions that have a length, and of ESP, behind which nothing can be read. */
const [hopByHop, routing, authentication, destinationOptions] = [0, 43, 51, 60];
const esp = 50;
/** How many extension headers are followed. */
const bound = 6;

const { vlan, qinq } = etherTypes;
const datagram = udpDatagram(40000, 123);
const udp4 = ['client UDP 10.1.0.2 123 first-packet: packetsToServer 1'];
const udp6 = ['client UDP fd00::2 123 first-packet: packetsToServer 1'];

packetTest('IPv4 options of every length do not hide the ports', (t, observe) => {
  for (let optionBytes = 0; optionBytes <= 40; optionBytes += 4) {
    const frames = [
      [UDP, datagram],
      [TCP, tcpSegment(40000, 443, SYN)],
      [SCTP, sctpPacket(40000, 3868, 1)],
      [ICMP, icmpMessage(8, 0)],
    ] as const;
    const { edges, counted } = observe(
      ...frames.map(([protocol, payload]) => [from, fromPod(protocol, payload, { optionBytes })] as const),
    );
    t.same(
      edges.map(({ protocol, port }) => `${protocol} ${port}`).toSorted(),
      ['ICMP 2048', 'SCTP 3868', 'TCP 443', 'UDP 123'],
      `${optionBytes} bytes of options`,
    );
    t.equal(edges.find(({ protocol }) => protocol === 'UDP')?.counters.bytesToServer, 20 + optionBytes + 18);
    t.same(counted, {});
  }
});

packetTest('every IPv6 extension header, of many lengths, does not hide the ports', (t, observe) => {
  for (const kind of [hopByHop, routing, authentication, destinationOptions]) {
    for (const units of [1, 2, 3, 8, 32, 64]) {
      const { edges, counted } = observe([from, fromPod6(UDP, datagram, [extension(kind, units)])]);
      t.same([edgeTexts(edges), counted], [udp6, {}], `next header ${kind}, ${units * 8} bytes`);
      t.equal(edges[0]?.counters.bytesToServer, 40 + units * 8 + 18);
    }
  }
  const { edges } = observe([from, fromPod6(UDP, datagram, [fragment(0)])]);
  t.same(edgeTexts(edges), udp6, 'fragment');
});

packetTest('an authentication header counts its length in units of four bytes', (t, observe) => {
  for (const words of [3, 4, 5, 6, 7]) {
    const bytes = Buffer.alloc(words * 4);
    bytes[1] = words - 2;
    const { edges } = observe([from, fromPod6(UDP, datagram, [{ kind: authentication, bytes }])]);
    t.same(edgeTexts(edges), udp6, `${words * 4} bytes`);
  }
});

packetTest('extension headers are followed up to a bound, and what has more is counted', (t, observe) => {
  const kinds = [hopByHop, destinationOptions, routing, authentication, destinationOptions, routing, hopByHop, routing];
  for (let headers = 0; headers <= kinds.length; headers++) {
    const chain: readonly Extension[] = kinds.slice(0, headers).map((kind) => extension(kind, 2));
    const { edges, counted } = observe(
      [from, fromPod6(UDP, datagram, chain)],
      [from, fromPod6(TCP, tcpSegment(40000, 443, SYN), chain)],
    );
    const tcp = 'client TCP fd00::2 443 handshake: synPackets 1';
    if (headers <= bound) t.same([edgeTexts(edges), counted], [[tcp, ...udp6], {}], `${headers} headers`);
    else t.same([edges, counted], [[], { 'packets-other-protocol': 2 }], `${headers} headers`);
  }
});

packetTest('VLAN tags, one and two of either kind, do not hide the ports', (t, observe) => {
  for (const tags of [[vlan], [qinq], [qinq, vlan], [vlan, vlan], [qinq, qinq], [vlan, qinq]]) {
    const four = observe([from, tagged(tags, fromPod(UDP, datagram))]);
    t.same(edgeTexts(four.edges), udp4, `${tags.length} tags`);
    t.equal(four.edges[0]?.counters.bytesToServer, 38, 'tags are no part of IP');
    const six = observe([from, tagged(tags, fromPod6(UDP, datagram, [extension(hopByHop)]))]);
    t.same(edgeTexts(six.edges), udp6);
  }
});

packetTest('a packet behind three tags is counted and left', (t, observe) => {
  const { edges, counted } = observe(
    [from, tagged([qinq, vlan, vlan], fromPod(UDP, datagram))],
    [to, tagged([vlan, vlan, vlan, vlan], toPod(TCP, tcpSegment(40000, 443, SYN)))],
  );
  t.same([edges, counted], [[], { 'packets-other-protocol': 2 }]);
});

packetTest('other protocols are counted and left', (t, observe) => {
  const { edges, counted } = observe(
    [from, arp()],
    [to, tagged([vlan], arp())],
    [from, ethernet(0x0026, Buffer.alloc(38))],
    [from, ethernet(0x88cc, Buffer.alloc(60))],
    [from, fromPod(47, Buffer.alloc(40))],
    [to, toPod(esp, Buffer.alloc(40))],
    [from, fromPod(0, Buffer.alloc(40))],
    [from, ipv6(1, 2, 59, [], Buffer.alloc(20))],
    [from, ipv6(1, 2, esp, [extension(hopByHop)], datagram)],
    [from, ipv6(1, 2, 135, [], datagram)],
  );
  t.same([edges, counted], [[], { 'packets-other-protocol': 10 }]);
});
