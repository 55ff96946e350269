import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bpfObjectPath, native, type PacketProgram } from '../native/native.ts';
import { TestNode } from '../test/agent/node-fixture.ts';
import { ipv4, ipv6, tcpSegment, udpDatagram } from '../test/native/frames.ts';
import type { Run } from './bench.ts';
import { testRunNs } from './bpf-programs.ts';
import { holdFloor } from './floor.ts';

const TCP = 6;
const UDP = 17;
const SYN = 0x02;
const dataFlags = 0x18;
const payload = Buffer.alloc(100);

/** Runs of one program on one frame that are timed as one. */
const repeat = 100_000;

export interface FrameCase {
  /** Figures of one kind are compared with one bar; null stands for what is measured for information only. */
  readonly kind: 'tcp_data' | 'tcp_syn' | 'udp' | null;
  readonly label: string;
  readonly program: PacketProgram;
  readonly frame: Buffer;
}

const pod = '10.1.0.1';
const from = 'on_packet_from_pod' as const;
const to = 'on_packet' as const;

const sends = (protocol: number, peer: string, content: Buffer) =>
  ipv4({ source: pod, destination: peer, protocol }, content);
const receives = (protocol: number, peer: string, content: Buffer) =>
  ipv4({ source: peer, destination: pod, protocol }, content);

const data = Buffer.concat([tcpSegment(40000, 443, dataFlags), payload]);
const syn = tcpSegment(40000, 443, SYN);

/**
 * A test run comes from no interface, so the program that tells the directions apart takes every frame for one to the
 * pod; what comes from it is measured with the program that needs not tell. In this order, so that a question comes before its answer and says who is the client. Each frame is run so often that
 * its edge is there already, as it is for all but the first packet between two ends.
 */
export const frameCases: readonly FrameCase[] = [
  { kind: 'tcp_data', label: 'TCP data from the pod', program: from, frame: sends(TCP, '10.1.0.2', data) },
  { kind: 'tcp_data', label: 'TCP data to the pod', program: to, frame: receives(TCP, '10.1.0.2', data) },
  { kind: 'tcp_syn', label: 'TCP SYN from the pod', program: from, frame: sends(TCP, '10.1.0.2', syn) },
  { kind: 'tcp_syn', label: 'TCP SYN to the pod', program: to, frame: receives(TCP, '10.1.0.2', syn) },
  {
    kind: 'udp',
    label: 'UDP question from the pod',
    program: from,
    frame: sends(UDP, '10.1.0.3', udpDatagram(40000, 5300)),
  },
  {
    kind: 'udp',
    label: 'UDP answer to the pod',
    program: to,
    frame: receives(UDP, '10.1.0.3', udpDatagram(5300, 40000)),
  },
  {
    kind: 'udp',
    label: 'UDP question to the pod',
    program: to,
    frame: receives(UDP, '10.1.0.4', udpDatagram(40000, 5300)),
  },
  {
    kind: 'udp',
    label: 'UDP answer from the pod',
    program: from,
    frame: sends(UDP, '10.1.0.4', udpDatagram(5300, 40000)),
  },
  {
    kind: null,
    label: 'UDP to a port above that of the client',
    program: from,
    frame: sends(UDP, '10.1.0.5', udpDatagram(40000, 50000)),
  },
  {
    kind: null,
    label: 'DNS answer to the pod, which is handed up',
    program: to,
    frame: receives(UDP, '10.1.0.6', Buffer.concat([udpDatagram(53, 40000), payload])),
  },
  { kind: null, label: 'TCP data over IPv6', program: from, frame: ipv6(1, 2, TCP, [], data) },
];

export interface PacketRound {
  readonly emptyNs: number;
  /** Of each case, in their order, above the empty program of the same round. */
  readonly overNs: readonly number[];
}

/** Runs the packet programs on frames that go nowhere, in turn with the empty program. */
export async function measurePackets(run: Run): Promise<PacketRound[]> {
  const node = new TestNode();
  run.undo.later(() => node.remove());
  const floor = await holdFloor(run, node, { tracepoints: false, packets: null });
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'));
  run.undo.later(() => rmSync(folder, { recursive: true }));
  const frameFile = join(folder, 'frame');
  writeFileSync(frameFile, sends(TCP, '10.1.0.2', data));
  const capture = native.openCapture({
    objectPath: bpfObjectPath,
    programs: [from, to],
    nodeCookie: native.ownNamespaceCookie(),
    ignoredReasons: [],
    dnsAnswers: true,
    conntrack: true,
    socketEdges: 1024,
    packetEdges: 1024,
    dropEdges: 1024,
    interfaces: 16,
    overflowRingBytes: 4096,
    dnsRingBytes: 4096,
    pins: '',
    captureId: 0n,
    layoutId: 0n,
    programId: 0n,
  });
  run.undo.later(() => native.closeCapture(capture));
  const caseNs = ({ program, frame }: FrameCase) => native.testRun(capture, program, frame, repeat).nsPerRun;
  // The first runs make the edges and let the compiler's output settle in the caches.
  frameCases.forEach(caseNs);
  const rounds: PacketRound[] = [];
  for (let round = 1; round <= run.rounds; round++) {
    const emptyNs = testRunNs(floor.packet, frameFile, repeat);
    rounds.push({ emptyNs, overNs: frameCases.map((each) => caseNs(each) - emptyNs) });
    // A signal is seen only when the loop of events gets its turn.
    await new Promise((resolve) => setImmediate(resolve));
    run.abort.throwIfAborted();
  }
  return rounds;
}
