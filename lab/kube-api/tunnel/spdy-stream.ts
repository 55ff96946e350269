import { Duplex } from 'node:stream';
import { dataFrame, resetFrame } from './spdy-frames.ts';

export interface SpdyStreamPlace {
  readonly id: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Resolves when there is room for more. */
  readonly send: (frame: Buffer) => Promise<void>;
  readonly onClose: () => void;
}

/** One stream of many on a connection, opened by the other end. Both ends close their half of it. */
export class SpdyStream extends Duplex {
  readonly headers: Readonly<Record<string, string>>;
  readonly #place: SpdyStreamPlace;
  #wasReset = false;
  #onRoom: () => void = () => {};

  constructor(place: SpdyStreamPlace) {
    super();
    this.#place = place;
    this.headers = place.headers;
  }

  /** Takes what has come. Resolves when there is room for more. */
  async deliver(data: Buffer, isLast: boolean): Promise<void> {
    if (this.destroyed) return;
    const hasRoom = data.length === 0 || this.push(data);
    if (isLast) this.push(null);
    else if (!hasRoom) {
      await new Promise<void>((resolve) => {
        this.#onRoom = resolve;
      });
    }
  }

  /** The other end has given it up. */
  reset(): void {
    this.#wasReset = true;
    this.destroy(new Error('the stream was reset'));
  }

  override _read(): void {
    this.#onRoom();
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    void this.#place.send(dataFrame(this.#place.id, chunk, false)).then(done);
  }

  override _final(done: () => void): void {
    void this.#place.send(dataFrame(this.#place.id, Buffer.alloc(0), true)).then(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#onRoom();
    const isWhole = this.readableEnded && this.writableFinished;
    if (!isWhole && !this.#wasReset) void this.#place.send(resetFrame(this.#place.id));
    this.#place.onClose();
    done(error);
  }
}
