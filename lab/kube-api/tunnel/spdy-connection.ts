import type { Duplex } from 'node:stream';
import { type Frame, framesIn, pingFrame, replyFrame } from './spdy-frames.ts';
import { SpdyHeaders } from './spdy-headers.ts';
import { SpdyStream } from './spdy-stream.ts';

/** The server's end of SPDY/3.1: the client opens streams. */
export class SpdyConnection {
  readonly #transport: Duplex;
  readonly #onStream: (stream: SpdyStream) => void;
  readonly #headers = new SpdyHeaders();
  readonly #streams = new Map<number, SpdyStream>();

  constructor(transport: Duplex, onStream: (stream: SpdyStream) => void) {
    this.#transport = transport;
    this.#onStream = onStream;
  }

  /** Resolves when the transport has ended. @throws Error for what is no SPDY, and when the transport breaks */
  async serve(): Promise<void> {
    try {
      // One after the other: a stream that nobody reads holds up the client, and nothing is kept for it.
      for await (const frame of framesIn(this.#transport)) await this.#take(frame);
    } finally {
      for (const stream of this.#streams.values()) stream.reset();
      this.#headers.close();
    }
  }

  async #take(frame: Frame): Promise<void> {
    if (frame.type === 'data') await this.#streams.get(frame.stream)?.deliver(frame.data, frame.isLast);
    else if (frame.type === 'open') await this.#open(frame);
    else if (frame.type === 'reset') this.#streams.get(frame.stream)?.reset();
    else if (frame.type === 'ping') await this.#send(pingFrame(frame.id));
  }

  async #open({ stream: id, headers, isLast }: Frame & { readonly type: 'open' }): Promise<void> {
    const stream = new SpdyStream({
      id,
      headers: await this.#headers.read(headers),
      send: (frame) => this.#send(frame),
      onClose: () => this.#streams.delete(id),
    });
    this.#streams.set(id, stream);
    await this.#send(replyFrame(id, await this.#headers.none()));
    this.#onStream(stream);
    if (isLast) await stream.deliver(Buffer.alloc(0), true);
  }

  /** What can no longer be sent is lost with the transport, of which `serve` tells. */
  async #send(frame: Buffer): Promise<void> {
    await new Promise<void>((resolve) => this.#transport.write(frame, () => resolve()));
  }
}
