/** Ethernet frames for tests, built field by field. */

export { tcpSegment, udpDatagram } from './segments.ts';

export const etherTypes = { ipv4: 0x0800, ipv6: 0x86dd, vlan: 0x8100, qinq: 0x88a8, arp: 0x0806 } as const;

/** Bytes of an Ethernet header without tags. */
export const ethernetSize = 14;

export function ethernet(type: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(ethernetSize);
  header.writeUInt16BE(type, 12);
  return Buffer.concat([header, payload]);
}

/** A frame with tags put in, outermost first. */
export function tagged(types: readonly number[], frame: Buffer): Buffer {
  const tags = types.map((type, i) => {
    const tag = Buffer.alloc(4);
    tag.writeUInt16BE(type, 0);
    tag.writeUInt16BE(100 + i, 2);
    return tag;
  });
  return Buffer.concat([frame.subarray(0, 12), ...tags, frame.subarray(12)]);
}

export interface Ipv4Options {
  readonly source: string;
  readonly destination: string;
  readonly protocol: number;
  /** Bytes of IP options; a multiple of 4. */
  readonly optionBytes?: number;
  /** In units of 8 bytes. */
  readonly fragmentOffset?: number;
  readonly moreFragments?: boolean;
  readonly id?: number;
}

export function ipv4Packet(options: Ipv4Options, payload: Buffer): Buffer {
  const { source, destination, protocol, optionBytes = 0, fragmentOffset = 0, moreFragments = false } = options;
  const header = Buffer.alloc(20 + optionBytes, 1);
  header.fill(0, 0, 20);
  header[0] = (4 << 4) | (header.length / 4);
  header.writeUInt16BE(header.length + payload.length, 2);
  header.writeUInt16BE(options.id ?? 0, 4);
  header.writeUInt16BE(fragmentOffset | (moreFragments ? 0x2000 : 0), 6);
  header[8] = 64;
  header[9] = protocol;
  Buffer.from(source.split('.').map(Number)).copy(header, 12);
  Buffer.from(destination.split('.').map(Number)).copy(header, 16);
  return Buffer.concat([header, payload]);
}

export function ipv4(options: Ipv4Options, payload: Buffer): Buffer {
  return ethernet(etherTypes.ipv4, ipv4Packet(options, payload));
}

export interface Extension {
  /** Next-header number of this extension itself: 0 hop-by-hop, 43 routing, 44 fragment, 51 AH, 60 destination. */
  readonly kind: number;
  readonly bytes: Buffer;
}

/** An extension header of whole 8-byte units; its first byte is filled in when the packet is built. */
export function extension(kind: number, units = 1): Extension {
  const bytes = Buffer.alloc(units * 8);
  bytes[1] = kind === 51 ? units * 2 - 2 : units - 1;
  return { kind, bytes };
}

/** @param offset in units of 8 bytes */
export function fragment(offset: number, moreFragments = false, id = 0): Extension {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16BE((offset << 3) | (moreFragments ? 1 : 0), 2);
  bytes.writeUInt32BE(id, 4);
  return { kind: 44, bytes };
}

/** @param source and destination the last byte of fd00::/64 addresses */
export function ipv6Packet(
  source: number,
  destination: number,
  protocol: number,
  extensions: readonly Extension[],
  payload: Buffer,
): Buffer {
  const header = Buffer.alloc(40);
  header[0] = 6 << 4;
  const kinds = [...extensions.map(({ kind }) => kind), protocol];
  header[6] = kinds[0] as number;
  const chain = extensions.map(({ bytes }, i) => {
    const copy = Buffer.from(bytes);
    copy[0] = kinds[i + 1] as number;
    return copy;
  });
  const payloadBytes = chain.reduce((sum, { length }) => sum + length, payload.length);
  header.writeUInt16BE(payloadBytes, 4);
  header[7] = 64;
  header[8] = header[24] = 0xfd;
  header[23] = source;
  header[39] = destination;
  return Buffer.concat([header, ...chain, payload]);
}

export function ipv6(...packet: Parameters<typeof ipv6Packet>): Buffer {
  return ethernet(etherTypes.ipv6, ipv6Packet(...packet));
}

export function arp(): Buffer {
  return ethernet(etherTypes.arp, Buffer.alloc(28));
}
