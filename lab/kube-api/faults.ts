import type { ServerResponse } from 'node:http';
import type { Milliseconds } from '../../core/time.ts';
import { send } from './http.ts';
import { failure } from './status.ts';

/** What a request is answered with in place of an answer. */
export type Fault =
  /** An HTTP status, with the seconds of a Retry-After header if there is to be one. */
  | { readonly type: 'status'; readonly code: number; readonly retryAfterSeconds?: number }
  /** The proper answer, later. */
  | { readonly type: 'slow'; readonly ms: Milliseconds }
  /** Nothing, ever. */
  | { readonly type: 'hang' }
  /** Text that is no JSON, as a proxy in between may answer. */
  | { readonly type: 'garbage' }
  /** The connection is cut in the middle of the answer's body. */
  | { readonly type: 'cut' };

/** A request as faults choose by it. */
export interface Asked {
  readonly path: string;
  readonly isWatch: boolean;
}

interface Planned {
  readonly fault: Fault;
  readonly applies: (asked: Asked) => boolean;
  left: number;
}

/** Faults that were ordered, in the order in which they come about. */
export class Faults {
  #planned: Planned[] = [];

  /** Orders a fault for the next requests that it applies to. @param times how many; Infinity until `clear` */
  plan(fault: Fault, times = 1, applies: (asked: Asked) => boolean = () => true): void {
    this.#planned.push({ fault, applies, left: times });
  }

  clear(): void {
    this.#planned = [];
  }

  /** The fault of a request, if there is one for it. */
  take(asked: Asked): Fault | null {
    const found = this.#planned.find(({ applies, left }) => left > 0 && applies(asked));
    if (found === undefined) return null;
    found.left--;
    return found.fault;
  }
}

/** Answers with a fault in place of an answer. */
export function answerFault(fault: Exclude<Fault, { type: 'hang' | 'slow' }>, response: ServerResponse): void {
  if (fault.type === 'garbage') {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>welcome</html>');
  } else if (fault.type === 'cut') {
    response.writeHead(200, { 'content-type': 'application/json' }).write('{"kind":"PodList","items":[');
    // What was written goes out before the connection does.
    setImmediate(() => response.destroy());
  } else {
    const { code, retryAfterSeconds } = fault;
    if (retryAfterSeconds !== undefined) response.setHeader('retry-after', String(retryAfterSeconds));
    send(response, code, failure(code, 'a fault that was ordered'));
  }
}
