import { addressText, edgeKey, isOpen, ReferenceEdges } from './reference-edges.ts';
import { type Ip, type Ports, readFrame, type Transport } from './reference-parser.ts';

type Of<Kind> = Extract<Transport, { readonly kind: Kind }>;

const [syn, rst, ack] = [2, 4, 16];
const [init, initAck, abort] = [1, 2, 6];
const [dns, multicastDns] = [53, 5353];
const maxPayload = 1536;

/** What each request of ICMP is, and what each reply answers. */
const requests4: Readonly<Record<number, number>> = { 8: 8, 13: 13 };
const replies4: Readonly<Record<number, number>> = { 0: 8, 14: 13 };
const requests6: Readonly<Record<number, number>> = { 128: 128 };
const replies6: Readonly<Record<number, number>> = { 129: 128 };

/** A payload that is handed up: server, port of the client, sequence number, and its bytes. */
export type ReferencePayload = readonly [string, number, number | null, string];

/** What a pod's interface is to tell of frames, by the rules that the comments in bpf/ give. */
export class ReferencePod {
  /** Ports by fragment, as long as the capture lives. */
  readonly #fragments = new Map<string, Ports>();
  readonly edges: ReferenceEdges;
  malformed = 0;
  other = 0;
  fragmented = 0;
  answersLost = 0;
  payloads: ReferencePayload[] = [];

  /** @param forgetful as of its edges */
  constructor(forgetful: boolean) {
    this.edges = new ReferenceEdges(forgetful);
  }

  /** Forgets all but fragments. */
  clear(): void {
    this.edges.clear();
    this.malformed = this.other = this.fragmented = this.answersLost = 0;
    this.payloads = [];
  }

  take(frame: Buffer, fromPod: boolean): void {
    const reading = readFrame(frame);
    switch (reading.is) {
      case 'malformed':
        this.malformed++;
        break;
      case 'other':
        this.other++;
        break;
      case 'later fragment':
        this.#laterFragment(reading.ip, frame.length, fromPod);
        break;
      case 'transport':
        this.#transport(reading.ip, reading.transport, frame.length, fromPod);
        break;
    }
  }

  #transport(ip: Ip, transport: Transport, bytes: number, fromPod: boolean): void {
    switch (transport.kind) {
      case 'tcp':
        this.#tcp(ip, transport, fromPod);
        break;
      case 'icmp':
        this.#icmp(ip, transport, bytes, fromPod);
        break;
      case 'sctp':
        this.#sctp(ip, transport, bytes, fromPod);
        break;
      case 'udp':
        this.#udp(ip, transport, bytes, fromPod);
        break;
    }
  }

  #udp(ip: Ip, udp: Of<'udp'>, bytes: number, fromPod: boolean): void {
    if (ip.fragment !== null) this.#fragments.set(fragmentKey(ip), udp);
    this.edges.converse(ip, udp, null, bytes, fromPod);
    if (fromPod || ![dns, multicastDns].includes(udp.sourcePort)) return;
    // Half an answer cannot be read.
    if (ip.fragment === null) this.#handUp(ip, udp, null);
    else this.answersLost++;
  }

  #handUp(ip: Ip, { destinationPort, payload }: Of<'tcp'> | Of<'udp'>, sequence: number | null): void {
    if (payload === null || payload.length === 0) return;
    this.payloads.push([addressText(ip.source), destinationPort, sequence, payload.toString('hex', 0, maxPayload)]);
  }

  /** An INIT and its answer tell the direction, whatever was said between the same ports before. */
  #sctp(ip: Ip, sctp: Of<'sctp'>, bytes: number, fromPod: boolean): void {
    const { chunk } = sctp;
    const does = chunk === init ? 'asks' : chunk === initAck ? 'answers' : null;
    const edge = this.edges.converse(ip, sctp, does, bytes, fromPod);
    if (chunk === init) edge.attempts++;
    else if (chunk === initAck) edge.established++;
    else if (chunk === abort && isOpen(edge)) edge.refused++;
  }

  #laterFragment(ip: Ip, bytes: number, fromPod: boolean): void {
    if (ip.protocol === 6) return;
    const ports = ip.protocol === 17 ? this.#fragments.get(fragmentKey(ip)) : undefined;
    if (ports === undefined) this.fragmented++;
    else this.edges.converse(ip, ports, null, bytes, fromPod);
  }

  #tcp(ip: Ip, tcp: Of<'tcp'>, fromPod: boolean): void {
    const { flags, sequence, sourcePort, destinationPort } = tcp;
    // A test frame behind a tag carries no socket of IP.
    const guest = ip.tagged;
    if ((flags & rst) !== 0) {
      if ((flags & ack) !== 0 && sequence === 0) this.#answer(ip, sourcePort, fromPod, 'refused');
    } else if ((flags & syn) === 0) {
      if (!fromPod && sourcePort === dns) this.#handUp(ip, tcp, sequence);
    } else if ((flags & ack) === 0) {
      const edge = this.edges.at(edgeKey(ip, fromPod, fromPod ? 'client' : 'server', destinationPort), 'handshake');
      edge.synPackets++;
      if (fromPod && guest) edge.attempts++;
    } else if (!fromPod || guest) {
      this.#answer(ip, sourcePort, fromPod, 'established');
    }
  }

  #answer(ip: Ip, port: number, fromPod: boolean, outcome: 'established' | 'refused'): void {
    const key = edgeKey(ip, fromPod, fromPod ? 'server' : 'client', port);
    if (!fromPod && (this.edges.find(key)?.attempts ?? 0) === 0) return;
    this.edges.at(key, 'handshake')[outcome]++;
  }

  #icmp(ip: Ip, { type, embedded }: Of<'icmp'>, bytes: number, fromPod: boolean): void {
    const [requests, replies] = ip.version === 4 ? [requests4, replies4] : [requests6, replies6];
    const asked = requests[type] ?? replies[type];
    if (asked !== undefined) {
      const client = fromPod === type in requests;
      const key = edgeKey(ip, fromPod, client ? 'client' : 'server', asked * 256);
      this.edges.carry(key, 'handshake', ip, bytes, fromPod);
    } else if (embedded === null) {
      this.other++;
    } else {
      // An error is about a packet the other way.
      const edge = this.edges.find(
        edgeKey(embedded, !fromPod, fromPod ? 'server' : 'client', embedded.destinationPort),
      );
      if (edge !== undefined && (embedded.protocol === 17 || isOpen(edge))) edge.refused++;
      // Sockets tell of TCP themselves.
      else if (embedded.protocol !== 6) this.other++;
    }
  }
}

function fragmentKey({ source, destination, protocol, fragment }: Ip): string {
  return `${source} ${destination} ${protocol} ${fragment}`;
}
