import { edgeTexts, from, packetTest, type Sent, to } from './packet-run.ts';
import { fromPod, fromPod6, toPod, toPod6 } from './pod-frames.ts';
import { chunks, SCTP, sctpPacket } from './segments.ts';

const sent = (source: number, destination: number, chunk: number): Sent => [
  from,
  fromPod(SCTP, sctpPacket(source, destination, chunk)),
];
const received = (source: number, destination: number, chunk: number): Sent => [
  to,
  toPod(SCTP, sctpPacket(source, destination, chunk)),
];

packetTest('an INIT is an attempt, its INIT-ACK an acceptance, and all that follows the same edge', (t, observe) => {
  const { edges, counted } = observe(
    sent(40000, 3868, chunks.init),
    received(3868, 40000, chunks.initAck),
    sent(40000, 3868, chunks.cookieEcho),
    received(3868, 40000, chunks.cookieAck),
    sent(40000, 3868, chunks.data),
  );
  t.same(edgeTexts(edges), [
    'client SCTP 10.1.0.2 3868 handshake: attempts 1, established 1, packetsToServer 3, packetsToClient 2',
  ]);
  t.same(counted, {});
  t.match(edges[0]?.counters, { bytesToServer: 3 * 48, bytesToClient: 2 * 48 });
});

packetTest('the server accepts what it is asked', (t, observe) => {
  const { edges } = observe(received(50000, 3868, chunks.init), sent(3868, 50000, chunks.initAck));
  t.same(edgeTexts(edges), [
    'server SCTP 10.1.0.2 3868 handshake: established 1, packetsToServer 1, packetsToClient 1',
  ]);
});

packetTest('IPv6 is no different', (t, observe) => {
  const { edges } = observe(
    [from, fromPod6(SCTP, sctpPacket(40000, 3868, chunks.init))],
    [to, toPod6(SCTP, sctpPacket(3868, 40000, chunks.initAck))],
  );
  t.same(edgeTexts(edges), [
    'client SCTP fd00::2 3868 handshake: attempts 1, established 1, packetsToServer 1, packetsToClient 1',
  ]);
});

packetTest('an ABORT that answers an INIT refuses it, and only once', (t, observe) => {
  const client = observe(
    sent(40000, 3868, chunks.init),
    received(3868, 40000, chunks.abort),
    received(3868, 40000, chunks.abort),
  );
  t.same(edgeTexts(client.edges), [
    'client SCTP 10.1.0.2 3868 handshake: attempts 1, refused 1, packetsToServer 1, packetsToClient 2',
  ]);
  const server = observe(received(50000, 3868, chunks.init), sent(3868, 50000, chunks.abort));
  t.same(edgeTexts(server.edges), [
    'server SCTP 10.1.0.2 3868 handshake: refused 1, packetsToServer 1, packetsToClient 1',
  ]);
});

packetTest('an ABORT after the acceptance ends the association and refuses nothing', (t, observe) => {
  const { edges } = observe(
    sent(40000, 3868, chunks.init),
    received(3868, 40000, chunks.initAck),
    received(3868, 40000, chunks.abort),
    sent(40000, 3868, chunks.abort),
  );
  t.same(edgeTexts(edges), [
    'client SCTP 10.1.0.2 3868 handshake: attempts 1, established 1, packetsToServer 2, packetsToClient 2',
  ]);
});

packetTest('of several attempts each has its own outcome', (t, observe) => {
  const { edges } = observe(
    sent(40000, 3868, chunks.init),
    sent(40001, 3868, chunks.init),
    sent(40002, 3868, chunks.init),
    received(3868, 40000, chunks.initAck),
    received(3868, 40001, chunks.abort),
  );
  t.same(edgeTexts(edges), [
    'client SCTP 10.1.0.2 3868 handshake: attempts 3, established 1, refused 1, packetsToServer 3, packetsToClient 2',
  ]);
});

packetTest('an association whose beginning was not seen belongs to who is heard first', (t, observe) => {
  const asked = observe(sent(40000, 3868, chunks.data), received(3868, 40000, chunks.data));
  t.same(edgeTexts(asked.edges), ['client SCTP 10.1.0.2 3868 first-packet: packetsToServer 1, packetsToClient 1']);
  const ended = observe(received(50000, 3868, chunks.abort));
  t.same(edgeTexts(ended.edges), ['server SCTP 10.1.0.2 3868 first-packet: packetsToServer 1']);
});

packetTest('an INIT tells who asks, also where both ends use one port', (t, observe) => {
  const { edges } = observe(
    sent(36412, 36412, chunks.init),
    received(36412, 36412, chunks.initAck),
    received(36412, 36412, chunks.init),
    sent(36412, 36412, chunks.initAck),
  );
  t.match(edges.map(({ role, counters }) => `${role} established ${counters.established}`).toSorted(), [
    'client established 1',
    'server established 1',
  ]);
});

packetTest('a server that asks from its own port is a client too', (t, observe) => {
  const { edges } = observe(
    received(5000, 3868, chunks.init),
    sent(3868, 5000, chunks.initAck),
    sent(3868, 5000, chunks.init),
  );
  t.match(edges.map(({ role, port, counters }) => `${role} ${port} attempts ${counters.attempts}`).toSorted(), [
    'client 5000 attempts 1',
    'server 3868 attempts 0',
  ]);
});

packetTest('an INIT-ACK is from the server, also when its INIT was not seen', (t, observe) => {
  const { edges } = observe(sent(3868, 50000, chunks.initAck));
  t.same(edgeTexts(edges), ['server SCTP 10.1.0.2 3868 handshake: established 1, packetsToClient 1']);
});
