import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { messageOf } from '../../../core/errors.ts';
import { SpdyConnection } from './spdy-connection.ts';
import type { SpdyStream } from './spdy-stream.ts';

/** As kubectl asks for it: SPDY, in the messages of a WebSocket. */
export const portForwardProtocol = 'SPDY/3.1+portforward.k8s.io';

/** Passes on one connection, and says on the other stream what was in its way. */
async function forward(
  data: SpdyStream,
  errors: SpdyStream,
  connect: (port: number) => Promise<Duplex>,
): Promise<void> {
  const port = Number(data.headers['port']);
  try {
    const far = await connect(port);
    await Promise.allSettled([pipeline(data, far), pipeline(far, data)]);
    errors.end();
  } catch (error) {
    errors.end(`error forwarding port ${port}: ${messageOf(error)}`);
    data.end();
  }
}

/**
 * Forwards each connection that kubectl has taken, until it ends: a stream for its errors comes first, then one for its
 * data, with the same request id.
 */
export async function forwardPorts(transport: Duplex, connect: (port: number) => Promise<Duplex>): Promise<void> {
  const errorStreams = new Map<string, SpdyStream>();
  const connection = new SpdyConnection(transport, (stream) => {
    // A stream that ends early is of a client that has gone.
    stream.on('error', () => stream.destroy());
    const { streamtype, requestid = '' } = stream.headers;
    const errors = errorStreams.get(requestid);
    if (streamtype === 'error') errorStreams.set(requestid, stream.resume());
    else if (streamtype === 'data' && errors !== undefined) {
      errorStreams.delete(requestid);
      void forward(stream, errors, connect);
    } else stream.destroy();
  });
  await connection.serve();
}
