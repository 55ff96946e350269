import { addressFromBytes } from '../../core/address.ts';
import type { DirectionEvidence, Role } from '../../core/flow.ts';
import type { Ends, Ip, Ports } from './reference-parser.ts';

export interface Counts {
  readonly evidence: DirectionEvidence;
  synPackets: number;
  attempts: number;
  established: number;
  refused: number;
  packetsToServer: number;
  bytesToServer: number;
  packetsToClient: number;
  bytesToClient: number;
}

const protocolNames: Readonly<Record<number, string>> = { 1: 'ICMP', 6: 'TCP', 17: 'UDP', 58: 'ICMPv6', 132: 'SCTP' };

/** Linux gives out ports from here on. */
const firstEphemeral = 32_768;

/** The address of 16 bytes in hexadecimal. */
export const addressText = (hex: string) => addressFromBytes(Buffer.from(hex, 'hex'));

export function edgeKey(ends: Ends, fromPod: boolean, role: Role, port: number): string {
  const remote = addressText(fromPod ? ends.destination : ends.source);
  return `${role} ${protocolNames[ends.protocol]} ${remote} ${port}`;
}

/** The two edges that a packet may belong to, its sender the client or the server, as they are looked for. */
function candidates(ends: Ends, { sourcePort, destinationPort }: Ports, fromPod: boolean) {
  const asked = edgeKey(ends, fromPod, fromPod ? 'client' : 'server', destinationPort);
  const answered = edgeKey(ends, fromPod, fromPod ? 'server' : 'client', sourcePort);
  return { asked, answered, inOrder: destinationPort <= sourcePort ? [asked, answered] : [answered, asked] };
}

/** Whether an attempt waits for its answer. */
export function isOpen({ attempts, established, refused }: Counts): boolean {
  return attempts > established + refused;
}

/** The edges of a pod by what they are between. */
export class ReferenceEdges {
  readonly #forgetful: boolean;
  readonly #edges = new Map<string, Counts>();

  /** @param forgetful edges may be missing although somebody spoke before: ports tell the direction */
  constructor(forgetful: boolean) {
    this.#forgetful = forgetful;
  }

  clear(): void {
    this.#edges.clear();
  }

  /** Every edge in one line. Attempts at servers are counted, but not told. */
  get lines(): string[] {
    return Array.from(this.#edges, ([key, counts]) => {
      const told = key.startsWith('client') ? counts : { ...counts, attempts: 0 };
      return `${key} ${JSON.stringify(told)}`;
    }).toSorted();
  }

  find(key: string): Counts | undefined {
    return this.#edges.get(key);
  }

  /** Finds or makes one. @param evidence of one that is made */
  at(key: string, evidence: DirectionEvidence): Counts {
    const known = this.#edges.get(key);
    if (known !== undefined) return known;
    const handshake = { synPackets: 0, attempts: 0, established: 0, refused: 0 };
    const carried = { packetsToServer: 0, bytesToServer: 0, packetsToClient: 0, bytesToClient: 0 };
    const made = { evidence, ...handshake, ...carried };
    this.#edges.set(key, made);
    return made;
  }

  /** Counts a packet. @param evidence as of `at` @param bytes of the frame */
  carry(key: string, evidence: DirectionEvidence, ip: Ip, bytes: number, fromPod: boolean): Counts {
    const edge = this.at(key, evidence);
    if (key.startsWith('client') === fromPod) {
      edge.packetsToServer++;
      edge.bytesToServer += bytes - ip.at;
    } else {
      edge.packetsToClient++;
      edge.bytesToClient += bytes - ip.at;
    }
    return edge;
  }

  /** Counts a packet of a conversation. @param does what its sender does, where the packet itself says it */
  converse(ip: Ip, ports: Ports, does: 'asks' | 'answers' | null, bytes: number, fromPod: boolean): Counts {
    const { asked, answered, inOrder } = candidates(ip, ports, fromPod);
    if (does !== null) return this.carry(does === 'asks' ? asked : answered, 'handshake', ip, bytes, fromPod);
    const known = inOrder.find((key) => this.#edges.has(key));
    if (known !== undefined || !this.#forgetful) {
      return this.carry(known ?? asked, 'first-packet', ip, bytes, fromPod);
    }
    const first = ports.sourcePort >= firstEphemeral || ports.destinationPort < firstEphemeral;
    return this.carry(first ? asked : answered, 'ports', ip, bytes, fromPod);
  }
}
