import t from 'tap';
import { packetEdges } from '../../agent/source/decode.ts';
import { DeltaTable } from '../../agent/source/deltas.ts';
import { statistics } from '../../agent/source/layout.ts';
import type { SourceEdge } from '../../agent/source/source.ts';
import { native, type PacketProgram } from '../../native/native.ts';
import { arp, extension, fragment, ipv4, ipv6, taggedIpv4, tcpSegment, udpDatagram } from './frames.ts';
import { openTestCapture } from './test-capture.ts';

const TCP = 6;
const UDP = 17;
const SYN = 0x02;
const ACK = 0x10;
const PASS = -1;

/** Runs frames through the packet programs of a fresh capture and gives the edges and statistics that they left. */
function observe(...frames: readonly (readonly [PacketProgram, Buffer])[]) {
  const capture = openTestCapture();
  const verdicts = frames.map(([program, frame]) => native.testRun(capture, program, frame, 1).verdict);
  const deltas = new DeltaTable(packetEdges.layout).read(native.readMap(capture, 'packet_edges'), 0);
  const sums = native.readStatistics(capture);
  native.closeCapture(capture);
  return {
    verdicts,
    edges: deltas.map((delta) => packetEdges.decode(delta, (ns) => ns)),
    counted: Object.fromEntries(statistics.map(({ name }, i) => [name, sums[i]]).filter(([, events]) => events !== 0)),
  };
}

const summary = (edges: readonly SourceEdge[]) =>
  edges
    .map(({ role, remote, port, protocol, counters }) => {
      const { synPackets, packetsToServer, packetsToClient } = counters;
      return `${role} ${remote} ${port} ${protocol} ${synPackets}/${packetsToServer}/${packetsToClient}`;
    })
    .toSorted();

const out = { source: '10.1.0.1', destination: '10.1.0.2' };
const back = { source: '10.1.0.2', destination: '10.1.0.1' };
const from = 'on_packet_from_pod' as const;
const to = 'on_packet_to_pod' as const;

t.test('a SYN from the pod is an attempt as client, one to the pod as server', async (t) => {
  const { edges, verdicts } = observe(
    [from, ipv4({ ...out, protocol: TCP }, tcpSegment(40000, 443, SYN))],
    [to, ipv4({ ...back, protocol: TCP }, tcpSegment(50000, 80, SYN))],
  );
  t.same(summary(edges), ['client 10.1.0.2 443 TCP 1/0/0', 'server 10.1.0.2 80 TCP 1/0/0']);
  t.same(verdicts, [PASS, PASS]);
});

t.test('TCP without SYN, and SYN with ACK, leave nothing', async (t) => {
  const { edges, counted, verdicts } = observe(
    [from, ipv4({ ...out, protocol: TCP }, tcpSegment(40000, 443, ACK))],
    [from, ipv4({ ...out, protocol: TCP }, tcpSegment(443, 40000, SYN | ACK))],
  );
  t.same(summary(edges), []);
  t.same(counted, {});
  t.same(verdicts, [PASS, PASS]);
});

t.test('whoever speaks first over UDP is the client, and answers belong to the same edge', async (t) => {
  const asked = observe(
    [from, ipv4({ ...out, protocol: UDP }, udpDatagram(40000, 53))],
    [to, ipv4({ ...back, protocol: UDP }, udpDatagram(53, 40000))],
    [from, ipv4({ ...out, protocol: UDP }, udpDatagram(40001, 53))],
  );
  t.same(summary(asked.edges), ['client 10.1.0.2 53 UDP 0/2/1']);
  const served = observe(
    [to, ipv4({ ...back, protocol: UDP }, udpDatagram(60000, 9999))],
    [from, ipv4({ ...out, protocol: UDP }, udpDatagram(9999, 60000))],
  );
  t.same(summary(served.edges), ['server 10.1.0.2 9999 UDP 0/1/1']);
});

t.test('a UDP server on a port above the client port is still the server', async (t) => {
  const { edges } = observe(
    [from, ipv4({ ...out, protocol: UDP }, udpDatagram(1024, 60000))],
    [to, ipv4({ ...back, protocol: UDP }, udpDatagram(60000, 1024))],
  );
  t.same(summary(edges), ['client 10.1.0.2 60000 UDP 0/1/1']);
});

t.test('bytes are IP length', async (t) => {
  const { edges } = observe([from, ipv4({ ...out, protocol: UDP }, udpDatagram(40000, 53, 100))]);
  t.equal(edges[0]?.counters.bytesToServer, 128);
});

t.test('IP options do not hide the ports', async (t) => {
  const { edges } = observe([from, ipv4({ ...out, protocol: UDP, optionBytes: 40 }, udpDatagram(40000, 53))]);
  t.same(summary(edges), ['client 10.1.0.2 53 UDP 0/1/0']);
});

t.test('one or two VLAN tags do not hide the ports', async (t) => {
  for (const tags of [1, 2]) {
    const { edges } = observe([from, taggedIpv4(tags, { ...out, protocol: UDP }, udpDatagram(40000, 53))]);
    t.same(summary(edges), ['client 10.1.0.2 53 UDP 0/1/0'], `${tags} tags`);
  }
});

t.test('IPv6 extension headers do not hide the ports', async (t) => {
  const chain = [extension(0), extension(43, 2), fragment(0), extension(51, 3), extension(60)];
  const { edges } = observe(
    [from, ipv6(1, 2, UDP, [], udpDatagram(40000, 53))],
    [from, ipv6(1, 2, UDP, chain, udpDatagram(40000, 53))],
    [from, ipv6(1, 2, TCP, chain, tcpSegment(40000, 80, SYN))],
  );
  t.same(summary(edges), ['client fd00::2 53 UDP 0/2/0', 'client fd00::2 80 TCP 1/0/0']);
});

t.test('later fragments are counted, never read as ports', async (t) => {
  const { edges, counted } = observe(
    [from, ipv4({ ...out, protocol: UDP, fragmentOffset: 100 }, udpDatagram(40000, 53))],
    [from, ipv6(1, 2, UDP, [fragment(100)], udpDatagram(40000, 53))],
  );
  t.same(summary(edges), []);
  t.same(counted, { 'packets-fragmented': 2 });
});

t.test('other protocols are counted and left', async (t) => {
  const { counted } = observe([from, arp()], [from, ipv4({ ...out, protocol: 1 }, Buffer.alloc(8))]);
  t.same(counted, { 'packets-other-protocol': 2 });
});

t.test('a packet cut off at any length is passed on and gives no wrong edge', async (t) => {
  // The kernel itself refuses a test frame that ends inside its first network header.
  const whole: readonly (readonly [number, Buffer])[] = [
    [34, ipv4({ ...out, protocol: UDP, optionBytes: 8 }, udpDatagram(40000, 53))],
    [34, ipv4({ ...out, protocol: TCP }, tcpSegment(40000, 80, SYN))],
    [54, ipv6(1, 2, UDP, [extension(0), extension(60, 2)], udpDatagram(40000, 53))],
    [15, taggedIpv4(2, { ...out, protocol: UDP }, udpDatagram(40000, 53))],
  ];
  const frames = whole.flatMap(([shortest, frame]) =>
    Array.from({ length: frame.length - shortest }, (_, i) => [from, frame.subarray(0, shortest + i)] as const),
  );
  const { edges, verdicts } = observe(...frames);
  t.ok(verdicts.every((verdict) => verdict === PASS));
  for (const { port, remote } of edges) {
    t.ok([53, 80].includes(port), `port ${port}`);
    t.ok(['10.1.0.2', 'fd00::2'].includes(remote), remote);
  }
});

t.test('a full map is counted, not silent', async (t) => {
  const frames = Array.from(
    { length: 40 },
    (_, i) => [from, ipv4({ ...out, protocol: TCP }, tcpSegment(40000, 1000 + i, SYN))] as const,
  );
  const { edges, counted } = observe(...frames);
  t.equal(edges.length + (counted['packet-edges-full'] ?? 0), 40);
  t.ok((counted['packet-edges-full'] ?? 0) > 0);
});
