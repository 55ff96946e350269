/** What IP carries, for tests: built field by field, without checksums. */

/** IANA protocol numbers. */
export const ICMP = 1;
export const TCP = 6;
export const UDP = 17;
export const ICMPV6 = 58;
export const SCTP = 132;

/** Flags of TCP. */
export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;

/** Chunk types of SCTP (RFC 9260). */
export const chunks = { data: 0, init: 1, initAck: 2, abort: 6, shutdown: 7, cookieEcho: 10, cookieAck: 11 } as const;

export interface TcpRest {
  readonly sequence?: number;
  /** Bytes of TCP options; a multiple of 4. */
  readonly optionBytes?: number;
  readonly payload?: Buffer;
}

export function tcpSegment(sourcePort: number, destinationPort: number, flags: number, rest: TcpRest = {}): Buffer {
  const { sequence = 0, optionBytes = 0, payload = Buffer.alloc(0) } = rest;
  const header = Buffer.alloc(20 + optionBytes, 1);
  header.fill(0, 0, 20);
  header.writeUInt16BE(sourcePort, 0);
  header.writeUInt16BE(destinationPort, 2);
  header.writeUInt32BE(sequence, 4);
  header[12] = (header.length / 4) << 4;
  header[13] = flags;
  return Buffer.concat([header, payload]);
}

/** @param payload its bytes, or how many zeros */
export function udpDatagram(sourcePort: number, destinationPort: number, payload: Buffer | number = 10): Buffer {
  const header = Buffer.alloc(8);
  const bytes = typeof payload === 'number' ? Buffer.alloc(payload) : payload;
  header.writeUInt16BE(sourcePort, 0);
  header.writeUInt16BE(destinationPort, 2);
  header.writeUInt16BE(header.length + bytes.length, 4);
  return Buffer.concat([header, bytes]);
}

/** A packet of SCTP with one chunk. */
export function sctpPacket(
  sourcePort: number,
  destinationPort: number,
  chunk: number,
  body: Buffer = Buffer.alloc(12),
): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt16BE(sourcePort, 0);
  header.writeUInt16BE(destinationPort, 2);
  header[12] = chunk;
  header.writeUInt16BE(4 + body.length, 14);
  return Buffer.concat([header, body]);
}

/** A message of either ICMP; `body` is what follows the first eight bytes. */
export function icmpMessage(type: number, code: number, body: Buffer = Buffer.alloc(8)): Buffer {
  return Buffer.concat([Buffer.from([type, code, 0, 0, 0, 0, 0, 0]), body]);
}
