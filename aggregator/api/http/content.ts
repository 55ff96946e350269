import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

export type Coding = 'br' | 'gzip';

/** Something to be sent, in the forms in which it can be. */
export interface Content {
  readonly type: string;
  readonly body: Buffer;
  /** The body in another coding; null where it is sent as it is. */
  encoded(coding: Coding): Promise<Buffer> | null;
}

/** Below that a header costs about what compression saves. */
const leastCompressedBytes = 1024;
const compressible = /^(text\/|application\/(json|javascript|manifest\+json)|image\/svg)/;

const compressBrotli = promisify(brotliCompress);
const compressGzip = promisify(gzip);

/** Fast enough to be done for each answer. */
const brotliQuality = 4;

function compress(body: Buffer, coding: Coding): Promise<Buffer> {
  if (coding === 'gzip') return compressGzip(body);
  return compressBrotli(body, { params: { [constants.BROTLI_PARAM_QUALITY]: brotliQuality } });
}

/** Content that is compressed when it is asked for. @param keep whether the result is kept, for what is sent often */
export function contentOf(type: string, body: Buffer, keep = false): Content {
  const kept = new Map<Coding, Promise<Buffer>>();
  return {
    type,
    body,
    encoded: (coding) => {
      if (body.length < leastCompressedBytes || !compressible.test(type)) return null;
      const encoded = kept.get(coding) ?? compress(body, coding);
      if (keep) kept.set(coding, encoded);
      return encoded;
    },
  };
}

/** The coding that a client takes and that is the smallest; null for none (RFC 9110, 12.5.3). */
export function chooseCoding(accepted: string | undefined): Coding | null {
  const weights = new Map<string, number>();
  for (const each of (accepted ?? '').split(',')) {
    const [name = '', ...parameters] = each.split(';').map((part) => part.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith('q='));
    weights.set(name, weight === undefined ? 1 : Number(weight.slice(2)));
  }
  const takes = (coding: Coding) => (weights.get(coding) ?? weights.get('*') ?? 0) > 0;
  return takes('br') ? 'br' : takes('gzip') ? 'gzip' : null;
}

/** Answers a request; to HEAD with the headers alone. */
export async function sendContent(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  content: Content,
  headers: OutgoingHttpHeaders = {},
): Promise<void> {
  const coding = chooseCoding(request.headers['accept-encoding']);
  const encoded = coding === null ? null : await content.encoded(coding);
  const body = encoded ?? content.body;
  response.writeHead(status, {
    ...headers,
    'content-type': content.type,
    'content-length': body.length,
    vary: 'accept-encoding',
    ...(encoded !== null && { 'content-encoding': coding ?? 'identity' }),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
