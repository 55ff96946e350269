import type { IncomingMessage } from 'node:http';
import { messageOf, WeirError } from '../../../core/errors.ts';

/** Reads the bodies of requests, within bounds for one and for all that are read at the same time. */
export class BodyReader {
  readonly #maxBytes: number;
  readonly #maxTotalBytes: number;
  #totalBytes = 0;

  constructor(maxBytes: number, maxTotalBytes: number) {
    this.#maxBytes = maxBytes;
    this.#maxTotalBytes = maxTotalBytes;
  }

  /** @throws WeirError REQUEST_TYPE, REQUEST_TOO_LARGE, TOO_MANY, REQUEST_INVALID */
  async readJson(request: IncomingMessage): Promise<unknown> {
    const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
    // Also keeps pages of other sites out: a browser sends this type to another origin only if that one agrees.
    if (type !== 'application/json') throw new WeirError('REQUEST_TYPE', 'set content-type to application/json');
    if (Number(request.headers['content-length'] ?? 0) > this.#maxBytes) throw this.#tooLarge();
    const text = await this.#read(request);
    return parseJson(text, 'the body');
  }

  async #read(request: IncomingMessage): Promise<string> {
    const parts: Buffer[] = [];
    let bytes = 0;
    try {
      for await (const part of request as AsyncIterable<Buffer>) {
        parts.push(part);
        bytes += part.length;
        this.#totalBytes += part.length;
        if (bytes > this.#maxBytes) {
          throw this.#tooLarge();
        }
        if (this.#totalBytes > this.#maxTotalBytes) {
          throw new WeirError('TOO_MANY', 'other large requests are being read; try again in a moment');
        }
      }
    } finally {
      this.#totalBytes -= bytes;
    }
    return Buffer.concat(parts).toString('utf8');
  }

  #tooLarge(): WeirError {
    return new WeirError('REQUEST_TOO_LARGE', `${this.#maxBytes} bytes are the most; ask for less at once`);
  }
}

/** @param what is said to be no JSON. @throws WeirError REQUEST_INVALID */
export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new WeirError('REQUEST_INVALID', `${what} is no JSON: ${messageOf(error)}`, { cause: error });
  }
}
