import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { InsideProcess } from './inside-process.ts';
import { addressOf } from './namespaces.ts';
import type { TestNode } from './node-fixture.ts';
import { hostMac, type TestPod } from './pod-wiring.ts';

/** Packets one way, as IPFIX tells it. */
export interface ExportedFlow {
  readonly protocol: string;
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  /** For ICMP: type * 256 + code. */
  readonly destinationPort: number;
  readonly packets: number;
  readonly bytes: number;
}

const port = 2055;
/** The version of NetFlow that tells the types of both ICMPs. */
const ipfix = '10';
const protocolNames = new Map([
  ['1', 'ICMP'],
  ['6', 'TCP'],
  ['17', 'UDP'],
  ['58', 'ICMPv6'],
]);
/** More than softflowd's capture buffer holds back: it is handed on by blocks of 128 KiB, and only when they are full. */
const fillerFrames = 3000;
const pauseMs = 20;

/** An independent exporter on a pod's interface, softflowd, with its collector, nfcapd. */
export class NetflowExporter {
  readonly #node: TestNode;
  readonly #pod: TestPod;
  readonly #folder: string;
  readonly #collector: InsideProcess;
  readonly #exporter: InsideProcess;

  private constructor(node: TestNode, pod: TestPod) {
    this.#node = node;
    this.#pod = pod;
    this.#folder = join(node.folder, 'netflow');
    mkdirSync(this.#folder);
    const rotateSeconds = 3600;
    const collect = ['-w', this.#folder, '-b', '127.0.0.1', '-p', String(port), '-t', String(rotateSeconds)];
    this.#collector = node.start(node, ['nfcapd', ...collect]);
    const files = ['-p', join(node.folder, 'softflowd.pid'), '-c', join(node.folder, 'softflowd.ctl')];
    const observe = ['-d', '-6', '-v', ipfix, '-i', pod.interface, '-n', `127.0.0.1:${port}`];
    this.#exporter = node.start(node, ['softflowd', ...observe, ...files]);
  }

  static async start(node: TestNode, pod: TestPod): Promise<NetflowExporter> {
    const made = new NetflowExporter(node, pod);
    await made.#collector.until(/Startup/);
    await made.#exporter.until(/Exporting flows/);
    return made;
  }

  #control(command: string): string {
    return this.#node.run(['softflowctl', '-c', join(this.#node.folder, 'softflowd.ctl'), command]);
  }

  #statistic(pattern: RegExp): number {
    return Number(pattern.exec(this.#control('statistics'))?.[1] ?? Number.NaN);
  }

  /** Ends both and gives all flows that the exporter saw. @throws Error when it did not keep up */
  async finish(): Promise<ExportedFlow[]> {
    const dropped = this.#statistic(/dropped by libpcap: (\d+)/);
    if (dropped !== 0) throw new Error(`softflowd lost ${dropped} packets`);
    this.#node.python(this.#pod, 'filler', 'eth0', hostMac, fillerFrames);
    while (!(this.#statistic(/\((\d+) non-IP/) > 0)) await sleep(pauseMs);
    this.#control('expire-all');
    await this.#exporter.stop();
    const waiting = new RegExp(`:${port.toString(16).toUpperCase().padStart(4, '0')} .* 00000000:(?!00000000)`);
    while (waiting.test(this.#node.run(['cat', '/proc/net/udp']))) await sleep(pauseMs);
    await this.#collector.stop();
    const format = 'fmt:%pr,%sa,%sp,%da,%dp,%pkt,%byt';
    const text = this.#node.run(['nfdump', '-R', this.#folder, '-q', '-N', '-6', '-o', format]);
    return text.split('\n').flatMap((line) => {
      const [protocol, source, sourcePort, destination, destinationPort, packets, bytes] = line
        .split(',')
        .map((cell) => cell.trim());
      if (bytes === undefined) return [];
      // Of ICMP, nfdump writes type and code in place of the port: 8.0.
      const [first = '', second] = (destinationPort as string).split('.');
      return {
        protocol: protocolNames.get(protocol as string) ?? `protocol ${protocol}`,
        source: addressOf(source as string),
        sourcePort: Number(sourcePort),
        destination: addressOf(destination as string),
        destinationPort: second === undefined ? Number(first) : Number(first) * 256 + Number(second),
        packets: Number(packets),
        bytes: Number(bytes),
      };
    });
  }
}
