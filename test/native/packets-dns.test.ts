import t from 'tap';
import type { DnsPayload } from '../../agent/source/source.ts';
import { ethernetSize, extension, fragment } from './frames.ts';
import { edgeTexts, from, PacketRun, packetTest, type Sent, to } from './packet-run.ts';
import { fromPod, toPod, toPod6 } from './pod-frames.ts';
import { ACK, FIN, PSH, RST, SYN, TCP, tcpSegment, UDP, udpDatagram } from './segments.ts';
import { whyNoPrograms } from './test-capture.ts';

/** Test frames come over the loopback interface. */
const scope = { type: 'interface', ifindex: 1 };
const cutAt = 1536;

const bytes = (length: number) => Buffer.from(Array.from({ length }, (_, i) => (i * 7 + length) & 0xff));
const shape = ({ payload, cut }: DnsPayload) => [payload.toString('hex'), cut];

packetTest('a datagram from a DNS port is handed up as it is', (t, observe) => {
  for (const [port, length] of [
    [53, 1],
    [53, 12],
    [5353, 511],
  ] as const) {
    const payload = bytes(length);
    const { dns, edges } = observe([to, toPod(UDP, udpDatagram(port, 40000, payload), { optionBytes: 4 })]);
    t.same(dns, [{ scope, server: '10.1.0.2', clientPort: 40000, sequence: null, payload, cut: false }]);
    t.equal(edges.length, 1);
  }
  const { dns } = observe([to, toPod6(UDP, udpDatagram(53, 40000, bytes(30)))]);
  t.match(dns, [{ server: 'fd00::2', payload: bytes(30) }]);
});

packetTest('segments from the DNS port are handed up with their sequence number', (t, observe) => {
  for (const optionBytes of [0, 12, 40]) {
    const rest = { sequence: 0xfffffff0, optionBytes, payload: bytes(100) };
    const { dns, edges, counted } = observe(
      [to, toPod(TCP, tcpSegment(53, 40000, ACK, rest))],
      [to, toPod6(TCP, tcpSegment(53, 40001, ACK | PSH | FIN, rest))],
    );
    const given = { scope, sequence: 0xfffffff0, payload: bytes(100), cut: false };
    t.same(dns, [
      { ...given, server: '10.1.0.2', clientPort: 40000 },
      { ...given, server: 'fd00::2', clientPort: 40001 },
    ]);
    t.same([edges, counted], [[], {}]);
  }
});

packetTest('what is no answer to the pod is not looked at', (t, observe) => {
  const payload = bytes(40);
  const { dns } = observe(
    [from, fromPod(UDP, udpDatagram(53, 40000, payload))],
    [from, fromPod(UDP, udpDatagram(40000, 53, payload))],
    [to, toPod(UDP, udpDatagram(40000, 53, payload))],
    [to, toPod(UDP, udpDatagram(54, 53, payload))],
    [from, fromPod(TCP, tcpSegment(53, 40000, ACK, { payload }))],
    [to, toPod(TCP, tcpSegment(40000, 53, ACK, { payload }))],
    [to, toPod(TCP, tcpSegment(5353, 40000, ACK, { payload }))],
    [to, toPod(TCP, tcpSegment(53, 40000, SYN | ACK, { payload }))],
    [to, toPod(TCP, tcpSegment(53, 40000, RST, { payload }))],
  );
  t.same(dns, []);
});

packetTest('a segment or a datagram without payload is nothing', (t, observe) => {
  const { dns, counted } = observe(
    [to, toPod(TCP, tcpSegment(53, 40000, ACK))],
    [to, toPod(TCP, tcpSegment(53, 40000, ACK, { optionBytes: 12 }))],
    [to, toPod(TCP, tcpSegment(53, 40000, ACK, { optionBytes: 40, payload: bytes(9) }).subarray(0, 30))],
    [to, toPod(UDP, udpDatagram(53, 40000, 0))],
  );
  t.same([dns, counted], [[], {}]);
});

packetTest('a payload that is too long is cut, and told to be', (t, observe) => {
  for (const length of [cutAt - 1, cutAt, cutAt + 1, 3000]) {
    const { dns } = observe(
      [to, toPod(UDP, udpDatagram(53, 40000, bytes(length)))],
      [to, toPod(TCP, tcpSegment(53, 40000, ACK, { payload: bytes(length) }))],
    );
    const wanted = [bytes(length).subarray(0, cutAt).toString('hex'), length > cutAt];
    t.same(dns.map(shape), [wanted, wanted], `${length} bytes`);
  }
});

packetTest('answers that find the ring full are counted, and their edge is whole', (t, observe) => {
  const answers = Array.from({ length: 60 }, () => [to, toPod(UDP, udpDatagram(53, 40000, bytes(50)))] as const);
  const { dns, counted, edges } = observe(...answers);
  const lost = counted['dns-answers-lost'] ?? 0;
  t.ok(lost > 0);
  t.equal(dns.length + lost, answers.length);
  t.same(edgeTexts(edges), ['server UDP 10.1.0.2 40000 first-packet: packetsToServer 60']);
});

t.test('nothing is handed up where names are not wanted', { skip: whyNoPrograms() }, async (t) => {
  const packets = new PacketRun({ dnsAnswers: false });
  const { dns, edges } = packets.observe(
    [to, toPod(UDP, udpDatagram(53, 40000, bytes(50)))],
    [to, toPod(TCP, tcpSegment(53, 40000, ACK, { payload: bytes(50) }))],
  );
  packets.close();
  t.same(dns, []);
  t.equal(edges.length, 1);
});

packetTest('the padding of a short frame is no payload', (t, observe) => {
  const pad = (frame: Buffer): Sent => [to, Buffer.concat([frame, Buffer.alloc(6)])];
  t.same(observe(pad(toPod(TCP, tcpSegment(53, 40000, ACK)))).dns, []);
  const answer = bytes(3);
  const { dns } = observe(
    pad(toPod(UDP, udpDatagram(53, 40000, answer))),
    pad(toPod6(UDP, udpDatagram(53, 40000, answer), [extension(0)])),
    pad(toPod6(TCP, tcpSegment(53, 40000, ACK, { payload: answer }))),
  );
  const wanted = [answer.toString('hex'), false];
  t.same(dns.map(shape), [wanted, wanted, wanted]);
});

packetTest('a payload whose IP header does not say where it ends goes to the end of the frame', (t, observe) => {
  const four = toPod(UDP, udpDatagram(53, 40000, bytes(20)));
  four.writeUInt16BE(0, ethernetSize + 2);
  const six = toPod6(UDP, udpDatagram(53, 40000, bytes(20)));
  six.writeUInt16BE(0, ethernetSize + 4);
  const wanted = [bytes(20).toString('hex'), false];
  t.same(observe([to, four], [to, six]).dns.map(shape), [wanted, wanted]);
});

packetTest('an answer in fragments is not handed up, but counted', (t, observe) => {
  const first = udpDatagram(53, 40000, bytes(48));
  const { dns, counted, edges } = observe(
    [to, toPod(UDP, first, { id: 1, moreFragments: true })],
    [to, toPod(UDP, bytes(16), { id: 1, fragmentOffset: 7 })],
    [to, toPod6(UDP, first, [fragment(0, true, 2)])],
    [from, fromPod(UDP, first, { id: 3, moreFragments: true })],
  );
  t.same([dns, counted], [[], { 'dns-answers-lost': 2 }]);
  t.equal(edges.length, 3);
});

packetTest('a TCP header that is shorter than any has no payload behind it', (t, observe) => {
  const segment = tcpSegment(53, 40000, ACK, { payload: bytes(20) });
  segment[12] = 4 << 4;
  t.same(observe([to, toPod(TCP, segment)]).dns, []);
});
