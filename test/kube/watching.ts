import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';

export interface Event {
  readonly type: string;
  readonly object: {
    readonly code?: number;
    readonly message?: string;
    readonly metadata: {
      readonly name?: string;
      readonly resourceVersion?: string;
      readonly annotations?: Readonly<Record<string, string>>;
    };
  };
}

/** Reads a watch event by event, without anything of Weir's own client. */
export class RawWatch {
  readonly #lines: AsyncIterator<string>;
  readonly #abort: AbortController;

  static async open(url: string): Promise<RawWatch> {
    const abort = new AbortController();
    const response = await fetch(url, { signal: abort.signal });
    if (response.status !== 200 || response.body === null) throw new Error(`${url}: ${response.status}`);
    return new RawWatch(response.body, abort);
  }

  private constructor(body: ReadableStream, abort: AbortController) {
    this.#abort = abort;
    const stream = Readable.fromWeb(body);
    // Ended by the test itself.
    stream.on('error', () => undefined);
    this.#lines = createInterface({ input: stream })[Symbol.asyncIterator]();
  }

  /** Null when the watch has ended. */
  async next(): Promise<Event | null> {
    const { value, done } = await this.#lines.next();
    return done === true ? null : (JSON.parse(value) as Event);
  }

  close(): void {
    this.#abort.abort();
  }
}
