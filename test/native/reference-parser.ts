/*
 * Reads frames slowly and plainly, from the text of the RFCs: 791 and 8200 for IP, 4302 for AH, 9293, 768 and 9260 for
 * what IP carries, 792 and 4443 for ICMP, 802.1Q and 802.1ad for tags. Headers are read to the frame's end, payload to
 * the IP packet's: what is behind that is padding.
 */

/** The ends of an IP packet. Addresses are 16 bytes, IPv4 ones mapped into IPv6, in hexadecimal. */
export interface Ends {
  readonly source: string;
  readonly destination: string;
  readonly protocol: number;
}

export interface Ip extends Ends {
  readonly version: 4 | 6;
  /** Where IP begins in the frame. */
  readonly at: number;
  /** There are tags before it. */
  readonly tagged: boolean;
  /** Null for a packet that is whole. */
  readonly fragment: string | null;
}

export interface Ports {
  readonly sourcePort: number;
  readonly destinationPort: number;
}

/** What was embedded in an ICMP error; null where that cannot be read. */
export type Embedded = (Ends & Ports) | null;

export type Transport =
  | (Ports & {
      readonly kind: 'tcp';
      readonly flags: number;
      readonly sequence: number;
      /** Null behind a header that is shorter than any: it is not known where it begins. */
      readonly payload: Buffer | null;
    })
  | (Ports & { readonly kind: 'udp'; readonly payload: Buffer })
  | (Ports & { readonly kind: 'sctp'; readonly chunk: number })
  | { readonly kind: 'icmp'; readonly type: number; readonly embedded: Embedded };

export type Reading =
  /** Shorter than its headers say. */
  | { readonly is: 'malformed' }
  | { readonly is: 'other' }
  | { readonly is: 'later fragment'; readonly ip: Ip }
  | { readonly is: 'transport'; readonly ip: Ip; readonly transport: Transport };

const malformed: Reading = { is: 'malformed' };
const other: Reading = { is: 'other' };

const withPorts = new Set([6, 17, 132]);
const maxTags = 2;
const maxExtensions = 6;

const mapped = (bytes: Buffer) => `${'0'.repeat(20)}ffff${bytes.toString('hex')}`;

function portsOf(bytes: Buffer): Ports {
  return { sourcePort: bytes.readUInt16BE(0), destinationPort: bytes.readUInt16BE(2) };
}

function ends4(header: Buffer): Ends {
  const [source, destination] = [mapped(header.subarray(12, 16)), mapped(header.subarray(16, 20))];
  return { source, destination, protocol: header.readUInt8(9) };
}

function ends6(header: Buffer): Ends {
  const [source, destination] = [header.toString('hex', 8, 24), header.toString('hex', 24, 40)];
  return { source, destination, protocol: header.readUInt8(6) };
}

/** The packet in an ICMP error, from its IP header on. */
function readEmbedded(version: 4 | 6, packet: Buffer): Embedded {
  if (packet.length < (version === 4 ? 20 : 40)) return null;
  const header = version === 4 ? (packet.readUInt8(0) & 15) * 4 : 40;
  const ends = version === 4 ? ends4(packet) : ends6(packet);
  if (packet.readUInt8(0) >> 4 !== version || header < 20) return null;
  // No error is sent about a later fragment (RFC 1122, 3.2.2), which has no ports.
  if (version === 4 && (packet.readUInt16BE(6) & 0x1fff) !== 0) return null;
  if (!withPorts.has(ends.protocol) || packet.length < header + 4) return null;
  return { ...ends, ...portsOf(packet.subarray(header)) };
}

/** @param end where the IP packet's payload ends in `bytes`, which may be before they do */
function readTcp(ip: Ip, bytes: Buffer, end: number): Reading {
  if (bytes.length < 20) return malformed;
  const offset = (bytes.readUInt8(12) >> 4) * 4;
  const [sequence, flags] = [bytes.readUInt32BE(4), bytes.readUInt8(13)];
  const payload = offset < 20 ? null : bytes.subarray(offset, Math.max(offset, end));
  return { is: 'transport', ip, transport: { kind: 'tcp', ...portsOf(bytes), sequence, flags, payload } };
}

function readUdp(ip: Ip, bytes: Buffer, end: number): Reading {
  if (bytes.length < 8) return malformed;
  const payload = bytes.subarray(8, Math.max(8, end));
  return { is: 'transport', ip, transport: { kind: 'udp', ...portsOf(bytes), payload } };
}

function readIcmp(ip: Ip, bytes: Buffer): Reading {
  // Each version of IP has its own.
  if ((ip.version === 4) !== (ip.protocol === 1)) return other;
  if (bytes.length < 8) return malformed;
  const [type, code] = [bytes.readUInt8(0), bytes.readUInt8(1)];
  // RFC 1191: a path that is too narrow refuses nothing.
  const refuses = ip.version === 4 ? type === 3 && code !== 4 : type === 1;
  const embedded = refuses ? readEmbedded(ip.version, bytes.subarray(8)) : null;
  return { is: 'transport', ip, transport: { kind: 'icmp', type, embedded } };
}

/** @param said bytes of the packet as its IP header gives them; 0 when it does not */
function readTransport(ip: Ip, packet: Buffer, at: number, said: number): Reading {
  if (packet.length < at) return malformed;
  const bytes = packet.subarray(at);
  const end = (said === 0 ? packet.length : said) - at;
  switch (ip.protocol) {
    case 6:
      return readTcp(ip, bytes, end);
    case 17:
      return readUdp(ip, bytes, end);
    case 132:
      // The common header, and the type of the first chunk.
      if (bytes.length < 13) return malformed;
      return { is: 'transport', ip, transport: { kind: 'sctp', ...portsOf(bytes), chunk: bytes.readUInt8(12) } };
    case 1:
    case 58:
      return readIcmp(ip, bytes);
    default:
      return other;
  }
}

function readIpv4(frame: Buffer, at: number, tagged: boolean): Reading {
  const packet = frame.subarray(at);
  if (packet.length < 20) return malformed;
  const header = (packet.readUInt8(0) & 15) * 4;
  if (packet.readUInt8(0) >> 4 !== 4 || header < 20) return malformed;
  const offset = packet.readUInt16BE(6);
  const fragment = (offset & 0x3fff) === 0 ? null : `4 ${packet.readUInt16BE(4)}`;
  const ip: Ip = { version: 4, ...ends4(packet), at, tagged, fragment };
  if ((offset & 0x1fff) !== 0) return { is: 'later fragment', ip };
  return readTransport(ip, packet, header, packet.readUInt16BE(2));
}

/** Bytes of an extension header of IPv6 whose first eight are given; null when `kind` is none that is followed. */
function extensionSize(kind: number, start: Buffer): number | null {
  switch (kind) {
    case 0:
    case 43:
    case 60:
      return (start.readUInt8(1) + 1) * 8;
    case 44:
      return 8;
    case 51:
      return (start.readUInt8(1) + 2) * 4;
    default:
      return null;
  }
}

const extensionKinds = new Set([0, 43, 44, 51, 60]);

function readIpv6(frame: Buffer, start: number, tagged: boolean): Reading {
  const packet = frame.subarray(start);
  if (packet.length < 40 || packet.readUInt8(0) >> 4 !== 6) return malformed;
  let ip: Ip = { version: 6, ...ends6(packet), at: start, tagged, fragment: null };
  let at = 40;
  for (let followed = 0; followed < maxExtensions && extensionKinds.has(ip.protocol); followed++) {
    const header = packet.subarray(at);
    if (header.length < 8) return malformed;
    if (ip.protocol === 44) {
      const offset = header.readUInt16BE(2);
      ip = { ...ip, fragment: (offset & 0xfff9) === 0 ? null : `6 ${header.readUInt32BE(4)}` };
      if ((offset & 0xfff8) !== 0) return { is: 'later fragment', ip: { ...ip, protocol: header.readUInt8(0) } };
    }
    at += extensionSize(ip.protocol, header) ?? 0;
    ip = { ...ip, protocol: header.readUInt8(0) };
  }
  const payload = packet.readUInt16BE(4);
  return readTransport(ip, packet, at, payload === 0 ? 0 : 40 + payload);
}

/** @param frame from the Ethernet header on */
export function readFrame(frame: Buffer): Reading {
  if (frame.length < 14) return malformed;
  let at = 12;
  let tags = 0;
  for (; tags < maxTags && [0x8100, 0x88a8].includes(frame.readUInt16BE(at)); tags++) {
    if (frame.length < at + 6) return malformed;
    at += 4;
  }
  const type = frame.readUInt16BE(at);
  if (type === 0x0800) return readIpv4(frame, at + 2, tags > 0);
  if (type === 0x86dd) return readIpv6(frame, at + 2, tags > 0);
  return other;
}
