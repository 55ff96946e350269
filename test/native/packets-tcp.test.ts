import { etherTypes, tagged } from './frames.ts';
import { edgeTexts, from, PASS, packetTest, type Sent, to } from './packet-run.ts';
import { fromPod, fromPod6, toPod, toPod6 } from './pod-frames.ts';
import { ACK, FIN, PSH, RST, SYN, TCP, type TcpRest, tcpSegment } from './segments.ts';

/*
 * A test frame carries a socket of the family that its Ethernet type says. Behind a VLAN tag that is none of IP's, so
 * tagged frames are those of a pod that has its sockets elsewhere, such as a virtual machine.
 */
const guest = ([program, frame]: Sent): Sent => [program, tagged([etherTypes.vlan], frame)];

const sent = (source: number, destination: number, flags: number, rest?: TcpRest): Sent => [
  from,
  fromPod(TCP, tcpSegment(source, destination, flags, rest)),
];
const received = (source: number, destination: number, flags: number, rest?: TcpRest): Sent => [
  to,
  toPod(TCP, tcpSegment(source, destination, flags, rest)),
];

packetTest('a SYN from the pod makes it a client, one to the pod a server', (t, observe) => {
  const { edges, verdicts, counted } = observe(
    sent(40000, 443, SYN),
    sent(40001, 443, SYN),
    received(50000, 80, SYN),
    [from, fromPod6(TCP, tcpSegment(40000, 443, SYN))],
    [to, toPod6(TCP, tcpSegment(50000, 80, SYN))],
  );
  t.same(edgeTexts(edges), [
    'client TCP 10.1.0.2 443 handshake: synPackets 2',
    'client TCP fd00::2 443 handshake: synPackets 1',
    'server TCP 10.1.0.2 80 handshake: synPackets 1',
    'server TCP fd00::2 80 handshake: synPackets 1',
  ]);
  t.same(verdicts, Array(5).fill(PASS));
  t.same(counted, {});
});

packetTest('a SYN counts whatever else its flags and options say', (t, observe) => {
  for (const flags of [SYN | PSH, SYN | FIN, SYN | 0xe0]) {
    const { edges } = observe(sent(40000, 443, flags, { optionBytes: 40, payload: Buffer.from('early') }));
    t.same(edgeTexts(edges), ['client TCP 10.1.0.2 443 handshake: synPackets 1'], `flags ${flags}`);
  }
});

packetTest('segments of an open connection leave nothing: its sockets tell', (t, observe) => {
  const sequence = 7;
  for (const flags of [ACK, ACK | PSH, ACK | FIN, FIN, 0]) {
    const rest = { sequence, payload: Buffer.from('data') };
    const { edges, counted, verdicts } = observe(sent(40000, 443, flags, rest), received(443, 40000, flags, rest));
    t.same([edges, counted, verdicts], [[], {}, [PASS, PASS]], `flags ${flags}`);
  }
});

packetTest('a SYN-ACK between sockets of this kernel leaves nothing', (t, observe) => {
  const { edges, counted } = observe(sent(443, 40000, SYN | ACK), received(443, 40000, SYN | ACK));
  t.same([edges, counted], [[], {}]);
  const asked = observe(sent(40000, 443, SYN), received(443, 40000, SYN | ACK));
  t.same(edgeTexts(asked.edges), ['client TCP 10.1.0.2 443 handshake: synPackets 1']);
});

packetTest('a guest attempts with a SYN and is accepted with the SYN-ACK', (t, observe) => {
  const { edges } = observe(guest(sent(40000, 443, SYN)), guest(received(443, 40000, SYN | ACK)));
  t.same(edgeTexts(edges), ['client TCP 10.1.0.2 443 handshake: attempts 1, established 1, synPackets 1']);
});

packetTest('a guest accepts with its SYN-ACK', (t, observe) => {
  const { edges } = observe(guest(received(50000, 80, SYN)), guest(sent(80, 50000, SYN | ACK)));
  t.same(edgeTexts(edges), ['server TCP 10.1.0.2 80 handshake: established 1, synPackets 1']);
});

packetTest('a reset that answers a SYN refuses it', (t, observe) => {
  const answer = RST | ACK;
  const client = observe(guest(sent(40000, 443, SYN)), received(443, 40000, answer));
  t.same(edgeTexts(client.edges), ['client TCP 10.1.0.2 443 handshake: attempts 1, refused 1, synPackets 1']);
  const server = observe(received(50000, 81, SYN), sent(81, 50000, answer));
  t.same(edgeTexts(server.edges), ['server TCP 10.1.0.2 81 handshake: refused 1, synPackets 1']);
});

packetTest('a client with sockets of its own tells of refusals itself', (t, observe) => {
  const { edges } = observe(sent(40000, 443, SYN), received(443, 40000, RST | ACK));
  t.same(edgeTexts(edges), ['client TCP 10.1.0.2 443 handshake: synPackets 1']);
  t.same(observe(received(443, 40000, RST | ACK)).edges, [], 'without a SYN there is no edge either');
});

packetTest('a reset in mid connection refuses nothing', (t, observe) => {
  const resets: readonly (readonly [flags: number, sequence: number])[] = [
    [RST, 0],
    [RST, 77],
    [RST | ACK, 1],
    [RST | ACK, 0xffffffff],
  ];
  for (const [flags, sequence] of resets) {
    const client = observe(guest(sent(40000, 443, SYN)), received(443, 40000, flags, { sequence }));
    t.same(edgeTexts(client.edges), ['client TCP 10.1.0.2 443 handshake: attempts 1, synPackets 1']);
    t.same(observe(sent(81, 50000, flags, { sequence })).edges, [], `flags ${flags}, sequence ${sequence}`);
  }
});
