/*
 * The frames of SPDY/3.1 (https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1/) with which kubectl forwards
 * ports. A frame begins with eight bytes: a stream, or the version and the type of a control frame; flags; a length.
 * Windows are left out as kubectl leaves them out: it never widens one, and whoever keeps to them stops after 64 KiB.
 */

export type Frame =
  | { readonly type: 'data'; readonly stream: number; readonly isLast: boolean; readonly data: Buffer }
  /** @see headers are compressed */
  | { readonly type: 'open'; readonly stream: number; readonly isLast: boolean; readonly headers: Buffer }
  | { readonly type: 'reset'; readonly stream: number }
  | { readonly type: 'ping'; readonly id: number }
  /** One that asks for nothing that is done here. */
  | { readonly type: 'other' };

const headBytes = 8;
const controlBit = 0x8000;
const version = 3;
const lastFlag = 1;
const types = { open: 1, reply: 2, reset: 3, ping: 6 } as const;
const cancelled = 5;
/** Many times what kubectl sends at once. */
const maxFrameBytes = 1 << 20;

function frameOf(bytes: Buffer): Frame {
  const body = bytes.subarray(headBytes);
  const isLast = (bytes.readUInt8(4) & lastFlag) !== 0;
  if ((bytes.readUInt16BE(0) & controlBit) === 0) {
    return { type: 'data', stream: bytes.readUInt32BE(0), isLast, data: body };
  }
  const type = bytes.readUInt16BE(2);
  // Behind the stream of one that opens it are a stream that it belongs to, and a priority.
  if (type === types.open) return { type: 'open', stream: body.readUInt32BE(0), isLast, headers: body.subarray(10) };
  if (type === types.reset) return { type: 'reset', stream: body.readUInt32BE(0) };
  if (type === types.ping) return { type: 'ping', id: body.readUInt32BE(0) };
  return { type: 'other' };
}

/** The frames that come. @throws Error for one that is longer than 1 MiB, RangeError for one that is too short */
export async function* framesIn(source: AsyncIterable<Buffer>): AsyncGenerator<Frame> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of source) {
    rest = Buffer.concat([rest, piece]);
    while (rest.length >= headBytes) {
      const length = headBytes + rest.readUIntBE(5, 3);
      if (length > maxFrameBytes) throw new Error(`a SPDY frame of ${length} bytes: ${maxFrameBytes} are taken`);
      if (rest.length < length) break;
      yield frameOf(rest.subarray(0, length));
      rest = rest.subarray(length);
    }
  }
}

function framed(start: number, flags: number, body: Buffer): Buffer {
  const head = Buffer.alloc(headBytes);
  head.writeUInt32BE(start);
  head.writeUInt8(flags, 4);
  head.writeUIntBE(body.length, 5, 3);
  return Buffer.concat([head, body]);
}

function control(type: number, numbers: readonly number[], more: Buffer = Buffer.alloc(0)): Buffer {
  const body = Buffer.alloc(4 * numbers.length);
  for (const [place, each] of numbers.entries()) body.writeUInt32BE(each, 4 * place);
  return framed((controlBit + version) * 0x10000 + type, 0, Buffer.concat([body, more]));
}

export function dataFrame(stream: number, data: Buffer, isLast: boolean): Buffer {
  return framed(stream, isLast ? lastFlag : 0, data);
}

/** @param headers compressed */
export function replyFrame(stream: number, headers: Buffer): Buffer {
  return control(types.reply, [stream], headers);
}

export function resetFrame(stream: number): Buffer {
  return control(types.reset, [stream, cancelled]);
}

export function pingFrame(id: number): Buffer {
  return control(types.ping, [id]);
}
