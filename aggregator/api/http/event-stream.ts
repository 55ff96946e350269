import type { ServerResponse } from 'node:http';
import type { Milliseconds } from '../../../core/time.ts';
import type { ResponseStream } from '../../../proto/services.ts';
import { asCallError, faultOf } from './json-reply.ts';

/** How long a browser waits before it connects again. */
const retryMs: Milliseconds = 2_000;

/** The id by which a caller can go on behind a response, where its type has one. */
function resumeTokenOf(response: unknown): string {
  const token = (response as { readonly resumeToken?: unknown }).resumeToken;
  return typeof token === 'string' ? token : '';
}

/** Responses as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export class EventStream implements ResponseStream<unknown> {
  readonly #response: ServerResponse;
  readonly #heartbeatMs: Milliseconds;
  #heartbeat: NodeJS.Timeout | null = null;

  /** @param heartbeatMs proxies end a connection on which nothing is said for a minute or so */
  constructor(response: ServerResponse, heartbeatMs: Milliseconds) {
    this.#response = response;
    this.#heartbeatMs = heartbeatMs;
    response.once('close', () => this.#stopHeartbeat());
  }

  open(): void {
    this.#response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      // nginx holds answers back otherwise.
      'x-accel-buffering': 'no',
    });
    this.#response.write(`retry: ${retryMs}\n\n`);
    this.#heartbeat = setInterval(() => {
      // Whoever does not read gets no more of them: its connection is idle and ends.
      if (!this.#response.writableNeedDrain) this.#response.write(':\n\n');
    }, this.#heartbeatMs);
  }

  write(response: unknown): boolean {
    const token = resumeTokenOf(response);
    const id = token === '' ? '' : `id: ${token}\n`;
    return this.#response.write(`${id}data: ${JSON.stringify(response)}\n\n`);
  }

  /** Tells of an error after responses were sent; `error` is what browsers call a broken connection. */
  fail(error: unknown): void {
    this.#response.end(`event: fault\ndata: ${JSON.stringify(faultOf(asCallError(error)))}\n\n`);
  }

  end(): void {
    this.#response.end();
  }

  onReady(callback: () => void): void {
    this.#response.on('drain', callback);
  }

  onClosed(callback: () => void): void {
    this.#response.once('close', callback);
  }

  #stopHeartbeat(): void {
    if (this.#heartbeat !== null) clearInterval(this.#heartbeat);
    this.#heartbeat = null;
  }
}
