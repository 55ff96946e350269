import tap, { type Test } from 'tap';
import { packetEdges } from '../../agent/source/decode.ts';
import { DeltaTable, type EntryDelta } from '../../agent/source/deltas.ts';
import { dnsPayloads } from '../../agent/source/dns-payloads.ts';
import { packetEdgeLayout, plainEdgeKeyLayout, statistics } from '../../agent/source/layout.ts';
import { OverflowTable } from '../../agent/source/overflow.ts';
import type { DnsPayload, SourceEdge } from '../../agent/source/source.ts';
import { type CaptureOptions, isNativeError, native, type PacketProgram } from '../../native/native.ts';
import { ethernetSize, etherTypes } from './frames.ts';
import { openTestCapture, whyNoPrograms } from './test-capture.ts';

/** The packet goes on as if no program had seen it (TCX_NEXT). */
export const PASS = -1;

export const from = 'on_packet_from_pod' as const;
export const to = 'on_packet_to_pod' as const;

/** A frame, and the way that it goes. */
export type Sent = readonly [PacketProgram, Buffer];

/** What frames left behind. */
export interface Observed {
  /** What each frame's program returned; null for a frame that the kernel takes for no packet. */
  readonly verdicts: readonly (number | null)[];
  readonly edges: readonly SourceEdge[];
  /** Edges that the map had no room for. */
  readonly overflow: readonly SourceEdge[];
  /** Statistics that are not zero. */
  readonly counted: Readonly<Record<string, number>>;
  readonly dns: readonly DnsPayload[];
}

/** The kernel runs no test on a frame that ends inside its Ethernet header, or inside the IP header behind that. */
export function isTooShort(frame: Buffer): boolean {
  if (frame.length < ethernetSize) return true;
  const type = frame.readUInt16BE(12);
  const ip = type === etherTypes.ipv4 ? 20 : type === etherTypes.ipv6 ? 40 : 0;
  return frame.length < ethernetSize + ip;
}

const decode = (deltas: readonly EntryDelta[]) => deltas.map((delta) => packetEdges.decode(delta, (ns) => ns));
const entrySize = plainEdgeKeyLayout.size + packetEdgeLayout.size;

/** A capture that frames are sent through, one series after the other. */
export class PacketRun {
  readonly #capture;
  #sums: readonly number[];

  constructor(options: Partial<CaptureOptions> = {}) {
    this.#capture = openTestCapture(options);
    this.#sums = native.readStatistics(this.#capture);
  }

  #send([program, frame]: Sent): number | null {
    try {
      return native.testRun(this.#capture, program, frame, 1).verdict;
    } catch (error) {
      if (isNativeError(error) && error.code === 'EINVAL' && isTooShort(frame)) return null;
      throw error;
    }
  }

  /** Takes out all edges. */
  #takeEdges(): Buffer {
    const entries = native.readMap(this.#capture, 'packet_edges');
    const keys: Buffer[] = [];
    for (let at = 0; at < entries.length; at += entrySize)
      keys.push(entries.subarray(at, at + plainEdgeKeyLayout.size));
    return native.takeEntries(this.#capture, 'packet_edges', Buffer.concat(keys));
  }

  #overflow(): SourceEdge[] {
    const table = new OverflowTable([packetEdges.layout, packetEdges.layout], 1000);
    table.add(native.drainRing(this.#capture, 'overflow'));
    return decode(table.drain().deltas[1] ?? []);
  }

  #counted(): Record<string, number> {
    const before = this.#sums;
    this.#sums = native.readStatistics(this.#capture);
    const gains = statistics.map(({ name }, i) => [name, (this.#sums[i] ?? 0) - (before[i] ?? 0)] as const);
    return Object.fromEntries(gains.filter(([, gain]) => gain !== 0));
  }

  /** What is left by these frames alone: edges of an earlier series are gone. */
  observe(...frames: readonly Sent[]): Observed {
    const verdicts = frames.map((each) => this.#send(each));
    const edges = decode(new DeltaTable(packetEdges.layout).read(this.#takeEdges(), 0));
    const dns = dnsPayloads(native.drainRing(this.#capture, 'dns_answers'));
    return { verdicts, edges, overflow: this.#overflow(), counted: this.#counted(), dns };
  }

  close(): void {
    native.closeCapture(this.#capture);
  }
}

let shared: PacketRun | null = null;

/** A test of frames that are sent through a capture, which the tests of a file share. */
export function packetTest(name: string, run: (t: Test, observe: PacketRun['observe']) => void): void {
  tap.test(name, { skip: whyNoPrograms() }, async (t) => {
    if (shared === null) {
      const opened = new PacketRun();
      shared = opened;
      tap.teardown(() => opened.close());
    }
    const packets = shared;
    run(t, (...frames) => packets.observe(...frames));
  });
}

/** An edge in one line, without bytes: `client UDP 10.1.0.2 53 first-packet: packetsToServer 1`. */
export function edgeText({ role, protocol, remote, port, directionBy, counters }: SourceEdge): string {
  const counts = Object.entries(counters).filter(([name, count]) => count !== 0 && !name.startsWith('bytes'));
  const text = counts.map(([name, count]) => `${name} ${count}`).join(', ');
  return `${role} ${protocol} ${remote} ${port} ${directionBy}: ${text}`;
}

export function edgeTexts(edges: readonly SourceEdge[]): string[] {
  return edges.map(edgeText).toSorted();
}
