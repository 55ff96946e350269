import { edgeTexts, from, PASS, packetTest, type Sent, to } from './packet-run.ts';
import { fromPod, fromPod6, toPod, toPod6 } from './pod-frames.ts';
import { UDP, udpDatagram } from './segments.ts';

const sent = (source: number, destination: number, bytes = 10): Sent => [
  from,
  fromPod(UDP, udpDatagram(source, destination, bytes)),
];
const received = (source: number, destination: number, bytes = 10): Sent => [
  to,
  toPod(UDP, udpDatagram(source, destination, bytes)),
];

packetTest('whoever speaks first is the client, and answers belong to the same edge', (t, observe) => {
  const asked = observe(sent(40000, 123), received(123, 40000), sent(40001, 123));
  t.same(edgeTexts(asked.edges), ['client UDP 10.1.0.2 123 first-packet: packetsToServer 2, packetsToClient 1']);
  t.same(asked.verdicts, [PASS, PASS, PASS]);
  const served = observe(received(60000, 9999), sent(9999, 60000));
  t.same(edgeTexts(served.edges), ['server UDP 10.1.0.2 9999 first-packet: packetsToServer 1, packetsToClient 1']);
  t.same([asked.counted, served.counted], [{}, {}]);
});

packetTest('IPv6 is no different', (t, observe) => {
  const { edges } = observe(
    [from, fromPod6(UDP, udpDatagram(40000, 123))],
    [to, toPod6(UDP, udpDatagram(123, 40000))],
    [to, toPod6(UDP, udpDatagram(60000, 9999))],
  );
  t.same(edgeTexts(edges), [
    'client UDP fd00::2 123 first-packet: packetsToServer 1, packetsToClient 1',
    'server UDP fd00::2 9999 first-packet: packetsToServer 1',
  ]);
});

packetTest('a server on a port above the client port is still the server', (t, observe) => {
  const { edges } = observe(sent(1024, 60000), received(60000, 1024));
  t.same(edgeTexts(edges), ['client UDP 10.1.0.2 60000 first-packet: packetsToServer 1, packetsToClient 1']);
});

packetTest('where both ends use one port, all belongs to the edge of who spoke first', (t, observe) => {
  const asked = observe(sent(500, 500), received(500, 500), sent(500, 500));
  t.same(edgeTexts(asked.edges), ['client UDP 10.1.0.2 500 first-packet: packetsToServer 2, packetsToClient 1']);
  const served = observe(received(500, 500), sent(500, 500));
  t.same(edgeTexts(served.edges), ['server UDP 10.1.0.2 500 first-packet: packetsToServer 1, packetsToClient 1']);
});

packetTest('a pod may be client and server of one peer', (t, observe) => {
  const { edges } = observe(sent(40000, 53), received(50000, 53), received(53, 40000), sent(53, 50000));
  t.same(edgeTexts(edges), [
    'client UDP 10.1.0.2 53 first-packet: packetsToServer 1, packetsToClient 1',
    'server UDP 10.1.0.2 53 first-packet: packetsToServer 1, packetsToClient 1',
  ]);
});

packetTest('bytes are IP length, in each direction', (t, observe) => {
  const { edges } = observe(sent(40000, 123, 100), received(123, 40000, 0), sent(40000, 123, 1));
  t.equal(edges.length, 1);
  t.match(edges[0]?.counters, { bytesToServer: 128 + 29, bytesToClient: 28 });
  const six = observe([from, fromPod6(UDP, udpDatagram(40000, 123, 100))]);
  t.match(six.edges[0]?.counters, { bytesToServer: 148, bytesToClient: 0 });
});

packetTest('any port is a port, zero too', (t, observe) => {
  const { edges } = observe(sent(0, 0), sent(65535, 65535), received(1, 65535));
  t.same(edgeTexts(edges), [
    'client UDP 10.1.0.2 0 first-packet: packetsToServer 1',
    'client UDP 10.1.0.2 65535 first-packet: packetsToServer 1',
    'server UDP 10.1.0.2 65535 first-packet: packetsToServer 1',
  ]);
});
