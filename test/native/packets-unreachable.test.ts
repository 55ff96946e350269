import { etherTypes, extension, tagged } from './frames.ts';
import { edgeTexts, from, packetTest, type Sent, to } from './packet-run.ts';
import { fromPod, fromPod6, packetFromPod, packetFromPod6, packetToPod, toPod, toPod6 } from './pod-frames.ts';
import {
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

/** RFC 792 and RFC 4443. */
const [unreachable, unreachable6] = [3, 1];
const [portCode, adminCode] = [3, 13];

const asked: Sent = [from, fromPod(UDP, udpDatagram(40000, 9999))];
const refusal = (packet: Buffer, code = portCode): Sent => [to, toPod(ICMP, icmpMessage(unreachable, code, packet))];
const refusal6 = (packet: Buffer): Sent => [to, toPod6(ICMPV6, icmpMessage(unreachable6, 4, packet))];

packetTest('an unreachable refuses the datagram that it carries', (t, observe) => {
  const client = observe(asked, refusal(packetFromPod(UDP, udpDatagram(40000, 9999))));
  t.same(edgeTexts(client.edges), ['client UDP 10.1.0.2 9999 first-packet: refused 1, packetsToServer 1']);
  const server = observe(
    [to, toPod(UDP, udpDatagram(50000, 9999))],
    [from, fromPod(ICMP, icmpMessage(unreachable, portCode, packetToPod(UDP, udpDatagram(50000, 9999))))],
  );
  t.same(edgeTexts(server.edges), ['server UDP 10.1.0.2 9999 first-packet: refused 1, packetsToServer 1']);
  t.same([client.counted, server.counted], [{}, {}]);
});

packetTest('IPv6 is no different', (t, observe) => {
  const datagram = udpDatagram(40000, 9999);
  const { edges } = observe([from, fromPod6(UDP, datagram)], refusal6(packetFromPod6(UDP, datagram)));
  t.same(edgeTexts(edges), ['client UDP fd00::2 9999 first-packet: refused 1, packetsToServer 1']);
});

packetTest('a router may send it, and eight bytes of the datagram are enough', (t, observe) => {
  const { edges } = observe(asked, refusal(packetFromPod(UDP, udpDatagram(40000, 9999)).subarray(0, 28), adminCode));
  t.same(edgeTexts(edges), ['client UDP 10.1.0.2 9999 first-packet: refused 1, packetsToServer 1']);
});

packetTest('options of the embedded header, of every length, do not hide its ports', (t, observe) => {
  for (let optionBytes = 0; optionBytes <= 40; optionBytes += 4) {
    const { edges } = observe(asked, refusal(packetFromPod(UDP, udpDatagram(40000, 9999), { optionBytes })));
    const wanted = ['client UDP 10.1.0.2 9999 first-packet: refused 1, packetsToServer 1'];
    t.same(edgeTexts(edges), wanted, `${optionBytes} bytes of options`);
  }
});

packetTest('nothing is refused where there is no edge of that conversation', (t, observe) => {
  const datagram = refusal(packetFromPod(UDP, udpDatagram(40000, 9999)));
  const alone = observe(datagram, refusal(packetFromPod(TCP, tcpSegment(40000, 443, SYN))));
  t.same([alone.edges, alone.counted], [[], { 'packets-other-protocol': 1 }], 'sockets tell of TCP themselves');
  const wrong: readonly Sent[] = [
    refusal(packetFromPod(UDP, udpDatagram(40000, 9998))),
    refusal(packetFromPod(SCTP, sctpPacket(40000, 9999, chunks.init))),
    refusal(packetToPod(UDP, udpDatagram(40000, 9999))),
    refusal(packetToPod(UDP, udpDatagram(9999, 40000))),
    [from, fromPod(ICMP, icmpMessage(unreachable, portCode, packetFromPod(UDP, udpDatagram(40000, 9999))))],
    [from, fromPod(ICMP, icmpMessage(unreachable, portCode, packetToPod(UDP, udpDatagram(9999, 40000))))],
  ];
  const { edges, counted } = observe(asked, ...wrong);
  t.same(edgeTexts(edges), ['client UDP 10.1.0.2 9999 first-packet: packetsToServer 1']);
  t.same(counted, { 'packets-other-protocol': wrong.length });
});

packetTest('TCP is refused only for a pod that has its sockets elsewhere, and an attempt only once', (t, observe) => {
  const syn = tcpSegment(40000, 443, SYN);
  const error = refusal(packetFromPod(TCP, syn).subarray(0, 28), adminCode);
  const own = observe([from, fromPod(TCP, syn)], error);
  t.same(edgeTexts(own.edges), ['client TCP 10.1.0.2 443 handshake: synPackets 1']);
  const guest = observe([from, tagged([etherTypes.vlan], fromPod(TCP, syn))], error, error);
  t.same(edgeTexts(guest.edges), ['client TCP 10.1.0.2 443 handshake: attempts 1, refused 1, synPackets 1']);
});

packetTest('an INIT of SCTP is refused once', (t, observe) => {
  const init = sctpPacket(40000, 3868, chunks.init);
  const error = refusal(packetFromPod(SCTP, init), 2);
  const { edges } = observe([from, fromPod(SCTP, init)], error, error);
  t.same(edgeTexts(edges), ['client SCTP 10.1.0.2 3868 handshake: attempts 1, refused 1, packetsToServer 1']);
});

packetTest('an embedded packet that cannot be read is counted and refuses nothing', (t, observe) => {
  const inner = packetFromPod(UDP, udpDatagram(40000, 9999), { optionBytes: 8 });
  const inner6 = packetFromPod6(UDP, udpDatagram(40000, 9999));
  const cut = Array.from({ length: 20 + 8 + 4 }, (_, length) => refusal(inner.subarray(0, length)));
  const cut6 = Array.from({ length: 40 + 4 }, (_, length) => refusal6(inner6.subarray(0, length)));
  const { edges, counted } = observe(asked, ...cut, ...cut6);
  t.same(edgeTexts(edges), ['client UDP 10.1.0.2 9999 first-packet: packetsToServer 1']);
  t.same(counted, { 'packets-other-protocol': cut.length + cut6.length });
});

packetTest('an embedded packet of a protocol without ports is counted and left', (t, observe) => {
  const { edges, counted } = observe(
    refusal(packetFromPod(ICMP, icmpMessage(8, 0))),
    refusal(packetFromPod(47, Buffer.alloc(20))),
    refusal6(packetFromPod6(ICMPV6, icmpMessage(128, 0))),
    refusal6(packetFromPod6(UDP, udpDatagram(40000, 9999), [extension(60)])),
  );
  t.same(edges, []);
  t.same(counted, { 'packets-other-protocol': 4 });
});

packetTest('a path that is too narrow refuses nothing', (t, observe) => {
  const [fragmentationNeeded, datagram] = [4, udpDatagram(40000, 9999)];
  const { edges, counted } = observe(asked, refusal(packetFromPod(UDP, datagram), fragmentationNeeded));
  t.same(edgeTexts(edges), ['client UDP 10.1.0.2 9999 first-packet: packetsToServer 1']);
  t.same(counted, { 'packets-other-protocol': 1 });
});

packetTest('the payload of an embedded later fragment is never read as ports', (t, observe) => {
  const { edges } = observe(asked, refusal(packetFromPod(UDP, udpDatagram(40000, 9999), { fragmentOffset: 5 })));
  t.same(edgeTexts(edges), ['client UDP 10.1.0.2 9999 first-packet: packetsToServer 1']);
});
