import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { WeirError } from '../../../core/errors.ts';
import { contentOf, sendContent } from './content.ts';

const jsonType = 'application/json; charset=utf-8';

/** How an error is told to whoever asked by HTTP. */
export interface HttpFault {
  readonly code: string;
  readonly message: string;
}

/** What is not a WeirError is a fault of ours: its text stays in the log. */
export function asCallError(error: unknown): WeirError {
  if (error instanceof WeirError) return error;
  return new WeirError('INTERNAL', 'the log of the aggregator says more', { cause: error });
}

export function faultOf({ code, message }: WeirError): HttpFault {
  return { code, message };
}

/** @param maxBytes of the answer before it is compressed. @throws WeirError ANSWER_TOO_LARGE */
export async function sendJson(
  request: IncomingMessage,
  response: ServerResponse,
  value: unknown,
  maxBytes: number,
): Promise<void> {
  const body = Buffer.from(JSON.stringify(value));
  if (body.length > maxBytes) {
    const what = `it has ${body.length} bytes, and ${maxBytes} are the most; ask for pages, or for less`;
    throw new WeirError('ANSWER_TOO_LARGE', what);
  }
  await sendContent(request, response, 200, contentOf(jsonType, body), { 'cache-control': 'no-store' });
}

/** Answers with an error, in place of what was asked for. */
export async function sendFault(
  request: IncomingMessage,
  response: ServerResponse,
  error: WeirError,
  headers: OutgoingHttpHeaders = {},
): Promise<void> {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const content = contentOf(jsonType, Buffer.from(JSON.stringify(faultOf(error))));
  // What remains of a body that was not read would be taken for the next request.
  const close = request.complete ? {} : { connection: 'close' };
  await sendContent(request, response, error.httpStatus, content, {
    'cache-control': 'no-store',
    ...close,
    ...headers,
  });
}
