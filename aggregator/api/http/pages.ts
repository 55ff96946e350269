import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { WeirError } from '../../../core/errors.ts';
import { contentOf, sendContent } from './content.ts';
import { sendFault } from './json-reply.ts';
import { indexName, type SiteFile, type SiteFolder } from './site.ts';

/** Scripts and styles come from here alone and never from a page's text; pictures of the map are made in the page. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Headers of every answer. */
export const securityHeaders: OutgoingHttpHeaders = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

const notBuilt = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Weir</title>
<h1>Weir</h1>
<p>The aggregator runs, but its web app is not installed: the folder that <code>--ui</code> names holds no index.html.
<p>The command line works: <code>weir status</code>. The HTTP API is described in <a href="api/v1/openapi.json">api/v1/openapi.json</a>.
`;

/** The way from a page back to the root: whatever a proxy puts before the path, a browser finds it by that. */
function baseOf(path: string): string {
  return '../'.repeat(path.split('/').length - 1) || './';
}

/** A page at some depth, whose relative links start at the root. */
function pageAt(path: string, { content }: SiteFile): Buffer {
  const text = content.body.toString('utf8');
  return Buffer.from(text.replace(/<head[^>]*>/i, (head) => `${head}<base href="${baseOf(path)}">`));
}

/** Serves the web app; what names no file and has no ending is a view of it. */
export class Pages {
  readonly #folder: SiteFolder;

  constructor(folder: SiteFolder) {
    this.#folder = folder;
  }

  /** @param path below the root, decoded */
  async answer(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    if (request.method === 'OPTIONS') {
      response.writeHead(204, { allow: 'GET, HEAD, OPTIONS' }).end();
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      const error = new WeirError('HTTP_METHOD', 'use GET or HEAD here');
      await sendFault(request, response, error, { allow: 'GET, HEAD, OPTIONS' });
      return;
    }
    const site = await this.#folder.current();
    const index = site?.files.get(indexName);
    if (site === null || index === undefined) {
      await sendContent(request, response, 404, contentOf('text/html; charset=utf-8', Buffer.from(notBuilt)));
      return;
    }
    const file = path === '' || path === indexName ? undefined : site.files.get(path);
    if (file !== undefined) await sendFile(request, response, file);
    else if (path === indexName || !/\.[^/]*$/.test(path)) await sendPage(request, response, pageAt(path, index));
    else
      await sendContent(request, response, 404, contentOf('text/plain; charset=utf-8', Buffer.from('no such file\n')));
  }
}

async function sendPage(request: IncomingMessage, response: ServerResponse, page: Buffer): Promise<void> {
  await sendContent(request, response, 200, contentOf('text/html; charset=utf-8', page), {
    'cache-control': 'no-cache',
  });
}

async function sendFile(request: IncomingMessage, response: ServerResponse, file: SiteFile): Promise<void> {
  const { etag, isImmutable, content } = file;
  const cache = isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache';
  const headers = { etag, 'cache-control': cache };
  const known = request.headers['if-none-match']?.split(',').map((each) => each.trim().replace(/^W\//, ''));
  if (known?.includes(etag) === true) response.writeHead(304, headers).end();
  else await sendContent(request, response, 200, content, headers);
}
