import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { WeirError } from '../../../core/errors.ts';
import type { CertificateFiles, Certificates } from '../../../tls/certificate-files.ts';
import type { Milliseconds } from '../../../core/time.ts';
import type { FaultReport } from '../faults.ts';
import { asCallError, sendFault } from './json-reply.ts';
import type { JsonApi } from './json-api.ts';
import { listenOn } from './listen.ts';
import { type Pages, securityHeaders } from './pages.ts';

export interface HttpServerOptions {
  /** Before every path: empty, or such as `/weir`. */
  readonly basePath: string;
  readonly api: JsonApi;
  readonly pages: Pages;
  readonly report: FaultReport;
  readonly maxConnections: number;
  /** Null for plain text. */
  readonly certificates: CertificateFiles | null;
  /** A connection on which nothing moves for so long is ended, such as that of a caller who does not read. */
  readonly idleMs: Milliseconds;
}

const apiRoot = 'api/v1/';

/** The HTTP server of people and their programs: the API as JSON, and the web app. */
export class HttpServer {
  readonly #options: HttpServerOptions;
  readonly #server: Server;

  constructor(options: HttpServerOptions) {
    this.#options = options;
    const bounds = {
      maxHeaderSize: 32 * 1024,
      headersTimeout: 10_000,
      requestTimeout: 60_000,
      keepAliveTimeout: 20_000,
    };
    const answer = (request: IncomingMessage, response: ServerResponse) => void this.#answer(request, response);
    const { certificates } = options;
    this.#server = certificates === null ? createServer(bounds, answer) : createHttps(certificates, bounds, answer);
    this.#server.maxConnections = options.maxConnections;
    this.#server.timeout = options.idleMs;
  }

  /** @returns the address with the port that was chosen for port 0. @throws WeirError LISTEN */
  listen(address: string): Promise<string> {
    return listenOn(this.#server, address, '--http-listen');
  }

  /** Takes no more requests and ends those under way. */
  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeaders(new Map(Object.entries(securityHeaders) as [string, string][]));
    // A caller that hangs up in the middle is nobody's fault.
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    try {
      await this.#route(request, response);
    } catch (error) {
      this.#options.report(request.url?.split('?')[0] ?? '', error);
      await sendFault(request, response, asCallError(error));
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { basePath, api, pages } = this.#options;
    const [target = '', ...rest] = (request.url ?? '').split('?');
    if (target === basePath && basePath !== '') {
      // Relative, because a proxy may have put more before it.
      response.writeHead(308, { location: `${basePath.slice(basePath.lastIndexOf('/') + 1)}/` }).end();
      return;
    }
    if (!target.startsWith(`${basePath}/`)) throw new WeirError('METHOD_UNKNOWN', `everything is below ${basePath}/`);
    const path = decodePath(target.slice(basePath.length + 1));
    if (path.startsWith(apiRoot)) {
      await api.answer(request, response, path.slice(apiRoot.length), new URLSearchParams(rest.join('?')));
    } else if (path === 'api' || path.startsWith('api/')) {
      throw new WeirError('METHOD_UNKNOWN', `the API is below ${basePath}/${apiRoot}`);
    } else {
      await pages.answer(request, response, path);
    }
  }
}

/** New handshakes use the certificates that have replaced those of before. */
function createHttps(certificates: CertificateFiles, bounds: ServerOptions, answer: RequestListener): Server {
  const pair = ({ cert, key }: Certificates) => ({ ...(cert && { cert }), ...(key && { key }) });
  const server = createTlsServer({ ...bounds, ...pair(certificates.current) }, answer);
  certificates.onChange((changed) => server.setSecureContext(pair(changed)));
  return server;
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (error) {
    throw new WeirError('REQUEST_INVALID', 'the path is not encoded as UTF-8 in percent form', { cause: error });
  }
}
