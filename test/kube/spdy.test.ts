import { Duplex } from 'node:stream';
import t from 'tap';
import { dataFrame, pingFrame } from '../../lab/kube-api/tunnel/spdy-frames.ts';
import { SpdyConnection } from '../../lab/kube-api/tunnel/spdy-connection.ts';
import type { SpdyStream } from '../../lab/kube-api/tunnel/spdy-stream.ts';
import { SpdyHeaders } from '../../lab/kube-api/tunnel/spdy-headers.ts';

/** A connection, what it is told, and what it has said. */
function connected() {
  const said: Buffer[] = [];
  const streams: SpdyStream[] = [];
  const transport = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _, done) => {
      said.push(chunk);
      done();
    },
  });
  const served = new SpdyConnection(transport, (stream) => {
    streams.push(stream.on('error', () => {}));
  }).serve();
  return { transport, said, streams, served };
}

/** The frame that opens a stream, without headers. */
async function openFrame(id: number): Promise<Buffer> {
  const block = await new SpdyHeaders().none();
  const frame = Buffer.alloc(18);
  frame.writeUInt32BE(0x8003_0001);
  frame.writeUIntBE(10 + block.length, 5, 3);
  frame.writeUInt32BE(id, 8);
  return Buffer.concat([frame, block]);
}

t.test('frames are found wherever they are cut', async (t) => {
  const { transport, said, streams, served } = connected();
  const sent = Buffer.concat([
    pingFrame(7),
    await openFrame(1),
    dataFrame(1, Buffer.from('one'), false),
    dataFrame(9, Buffer.from('of no stream'), false),
    dataFrame(1, Buffer.from('two'), true),
  ]);
  for (const byte of sent) transport.push(Buffer.of(byte));
  while (streams.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const [stream] = streams as [SpdyStream];
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece as Buffer);
  transport.push(null);
  await served;
  t.equal(Buffer.concat(pieces).toString(), 'onetwo');
  t.ok(said[0]?.equals(pingFrame(7)), 'a ping is answered');
});

t.test('what is no SPDY ends the connection, and its streams', async (t) => {
  const damaged = await openFrame(1);
  damaged.fill(0xff, 20);
  const long = dataFrame(1, Buffer.alloc(0), false);
  long.writeUIntBE(0xff_ffff, 5, 3);
  for (const [sent, why] of [
    [damaged, /incorrect|invalid|zlib|dictionary/i],
    [long, /a SPDY frame of 16777223 bytes/],
    [Buffer.from('800300010000000100', 'hex'), /out of range|outside/i],
  ] as const) {
    const { transport, streams, served } = connected();
    transport.push(await openFrame(1));
    transport.push(sent);
    await t.rejects(served, { message: why });
    t.ok(streams.length === 1 && streams[0]?.destroyed, 'nobody waits for more');
  }
});
