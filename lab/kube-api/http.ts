import type { IncomingMessage, ServerResponse } from 'node:http';
import { jsonOfProtobuf, protobufType } from './protobuf.ts';
import { failure, type Status } from './status.ts';

/** As much as the real server takes. */
const maxBodyBytes = 3 << 20;

/** The text of a body, as JSON also where it was sent as protobuf, or why it cannot be had. */
export async function readBody(request: IncomingMessage): Promise<string | Status> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request) {
    bytes += (piece as Buffer).length;
    if (bytes > maxBodyBytes) return failure(413, `the request is longer than ${maxBodyBytes} bytes`);
    pieces.push(piece as Buffer);
  }
  const body = Buffer.concat(pieces);
  if (request.headers['content-type'] !== protobufType) return body.toString('utf8');
  return jsonOfProtobuf(body) ?? failure(415, 'the protobuf message is of no kind that is known');
}

/** Undefined for what is no JSON. */
export function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function send(response: ServerResponse, code: number, body: object): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
