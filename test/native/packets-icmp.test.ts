import { edgeTexts, from, packetTest, to } from './packet-run.ts';
import { fromPod, fromPod6, toPod, toPod6 } from './pod-frames.ts';
import { ICMP, ICMPV6, icmpMessage } from './segments.ts';

/** Type numbers of RFC 792 and RFC 4443. */
const [echoReply, echo, timestamp, timestampReply] = [0, 8, 13, 14];
const [echo6, echoReply6] = [128, 129];

packetTest('who sends an echo request is the client, and the reply belongs to it', (t, observe) => {
  const asked = observe(
    [from, fromPod(ICMP, icmpMessage(echo, 0))],
    [to, toPod(ICMP, icmpMessage(echoReply, 0))],
    [from, fromPod(ICMP, icmpMessage(echo, 0))],
  );
  t.same(edgeTexts(asked.edges), ['client ICMP 10.1.0.2 2048 handshake: packetsToServer 2, packetsToClient 1']);
  t.match(asked.edges[0]?.counters, { bytesToServer: 2 * 36, bytesToClient: 36 });
  const served = observe([to, toPod(ICMP, icmpMessage(echo, 0))], [from, fromPod(ICMP, icmpMessage(echoReply, 0))]);
  t.same(edgeTexts(served.edges), ['server ICMP 10.1.0.2 2048 handshake: packetsToServer 1, packetsToClient 1']);
  t.same([asked.counted, served.counted], [{}, {}]);
});

packetTest('a reply tells the direction also when its request was not seen', (t, observe) => {
  const { edges } = observe(
    [to, toPod(ICMP, icmpMessage(echoReply, 0))],
    [from, fromPod6(ICMPV6, icmpMessage(echoReply6, 0))],
  );
  t.same(edgeTexts(edges), [
    'client ICMP 10.1.0.2 2048 handshake: packetsToClient 1',
    'server ICMPv6 fd00::2 32768 handshake: packetsToClient 1',
  ]);
});

packetTest('ICMPv6 echo goes both ways, and two that ask each other have two edges', (t, observe) => {
  const { edges } = observe(
    [from, fromPod6(ICMPV6, icmpMessage(echo6, 0))],
    [to, toPod6(ICMPV6, icmpMessage(echoReply6, 0))],
    [to, toPod6(ICMPV6, icmpMessage(echo6, 0))],
    [from, fromPod6(ICMPV6, icmpMessage(echoReply6, 0))],
  );
  t.same(edgeTexts(edges), [
    'client ICMPv6 fd00::2 32768 handshake: packetsToServer 1, packetsToClient 1',
    'server ICMPv6 fd00::2 32768 handshake: packetsToServer 1, packetsToClient 1',
  ]);
});

packetTest('a timestamp request is another edge than an echo', (t, observe) => {
  const { edges } = observe(
    [from, fromPod(ICMP, icmpMessage(timestamp, 0, Buffer.alloc(12)))],
    [to, toPod(ICMP, icmpMessage(timestampReply, 0, Buffer.alloc(12)))],
    [from, fromPod(ICMP, icmpMessage(echo, 0))],
  );
  t.same(edgeTexts(edges), [
    'client ICMP 10.1.0.2 2048 handshake: packetsToServer 1',
    'client ICMP 10.1.0.2 3328 handshake: packetsToServer 1, packetsToClient 1',
  ]);
});

packetTest('every other message is counted and left, neighbour discovery and listeners among them', (t, observe) => {
  const asking = [echoReply, echo, timestamp, timestampReply];
  const unreachable = { 4: 3, 6: 1 };
  const others = Array.from({ length: 256 }, (_, type) => type);
  const four = others.filter((type) => !asking.includes(type) && type !== unreachable[4]);
  const six = others.filter((type) => type !== echo6 && type !== echoReply6 && type !== unreachable[6]);
  const { edges, counted } = observe(
    ...four.map((type) => [from, fromPod(ICMP, icmpMessage(type, 0, Buffer.alloc(40)))] as const),
    ...six.map((type) => [to, toPod6(ICMPV6, icmpMessage(type, 0, Buffer.alloc(60)))] as const),
  );
  t.same(edges, []);
  t.same(counted, { 'packets-other-protocol': four.length + six.length });
});

packetTest('ICMP of the other version of IP is no ICMP', (t, observe) => {
  const { edges, counted } = observe(
    [from, fromPod(ICMPV6, icmpMessage(echo6, 0))],
    [from, fromPod6(ICMP, icmpMessage(echo, 0))],
  );
  t.same([edges, counted], [[], { 'packets-other-protocol': 2 }]);
});
