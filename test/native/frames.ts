/** Ethernet frames for tests, built field by field. */

const etherTypes = { ipv4: 0x0800, ipv6: 0x86dd, vlan: 0x8100, qinq: 0x88a8, arp: 0x0806 };

function ethernet(type: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(14);
  header.writeUInt16BE(type, 12);
  return Buffer.concat([header, payload]);
}

export function tcpSegment(sourcePort: number, destinationPort: number, flags: number): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt16BE(sourcePort, 0);
  header.writeUInt16BE(destinationPort, 2);
  header[12] = 5 << 4;
  header[13] = flags;
  return header;
}

export function udpDatagram(sourcePort: number, destinationPort: number, payloadBytes = 10): Buffer {
  const datagram = Buffer.alloc(8 + payloadBytes);
  datagram.writeUInt16BE(sourcePort, 0);
  datagram.writeUInt16BE(destinationPort, 2);
  datagram.writeUInt16BE(datagram.length, 4);
  return datagram;
}

export interface Ipv4Options {
  readonly source: string;
  readonly destination: string;
  readonly protocol: number;
  /** Bytes of IP options; a multiple of 4. */
  readonly optionBytes?: number;
  /** In units of 8 bytes. */
  readonly fragmentOffset?: number;
}

function ipv4Packet(options: Ipv4Options, payload: Buffer): Buffer {
  const { source, destination, protocol, optionBytes = 0, fragmentOffset = 0 } = options;
  const header = Buffer.alloc(20 + optionBytes, 1);
  header.fill(0, 0, 20);
  header[0] = (4 << 4) | (header.length / 4);
  header.writeUInt16BE(header.length + payload.length, 2);
  header.writeUInt16BE(fragmentOffset, 6);
  header[8] = 64;
  header[9] = protocol;
  Buffer.from(source.split('.').map(Number)).copy(header, 12);
  Buffer.from(destination.split('.').map(Number)).copy(header, 16);
  return Buffer.concat([header, payload]);
}

export function ipv4(options: Ipv4Options, payload: Buffer): Buffer {
  return ethernet(etherTypes.ipv4, ipv4Packet(options, payload));
}

/** The same with VLAN tags in the packet, outermost first. */
export function taggedIpv4(tags: number, options: Ipv4Options, payload: Buffer): Buffer {
  let inner = ipv4Packet(options, payload);
  for (let tag = 0; tag < tags; tag++) {
    const header = Buffer.alloc(4);
    header.writeUInt16BE(100 + tag, 0);
    header.writeUInt16BE(tag === 0 ? etherTypes.ipv4 : etherTypes.vlan, 2);
    inner = Buffer.concat([header, inner]);
  }
  return ethernet(tags > 1 ? etherTypes.qinq : etherTypes.vlan, inner);
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
export function fragment(offset: number): Extension {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16BE(offset << 3, 2);
  return { kind: 44, bytes };
}

/** @param source and destination the last byte of fd00::/64 addresses */
export function ipv6(
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
  header.writeUInt16BE(
    chain.reduce((sum, { length }) => sum + length, payload.length),
    4,
  );
  header[7] = 64;
  header[8] = header[24] = 0xfd;
  header[23] = source;
  header[39] = destination;
  return ethernet(etherTypes.ipv6, Buffer.concat([header, ...chain, payload]));
}

export function arp(): Buffer {
  return ethernet(etherTypes.arp, Buffer.alloc(28));
}
