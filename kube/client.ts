import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { messageOf } from '../core/errors.ts';
import type { Milliseconds } from '../core/time.ts';
import { version } from '../core/version.ts';
import type { ApiAccess, Credentials, Tls } from './access.ts';
import { type Failure, failureOf, unavailable } from './failure.ts';
import { LineSplitter } from './lines.ts';

export interface ClientOptions {
  /** How long an answer may be silent before it is broken off. */
  readonly idleMs: Milliseconds;
  /** Bound of an answer that is read as a whole: a page of a list. */
  readonly maxBodyBytes: number;
  /** Bound of a line of a watch: etcd takes no object above 1.5 MB. */
  readonly maxLineBytes: number;
}

export const defaultClientOptions: ClientOptions = {
  idleMs: 60_000,
  maxBodyBytes: 128 << 20,
  maxLineBytes: 8 << 20,
};

export type Query = Readonly<Record<string, string | number>>;

interface Question {
  readonly query: Query;
  /** JSON; null for what is only read. */
  readonly body: string | null;
}

/** An answer in JSON, or why there is none. */
export type Answer = { readonly body: unknown } | Failure;

type Connections = { readonly tls: Tls; readonly agent: HttpAgent | HttpsAgent };

/** Speaks to a Kubernetes API server. Never throws for what the server or the network does. */
export class KubeClient {
  readonly access: ApiAccess;
  readonly #options: ClientOptions;
  #connections: Connections | null = null;

  constructor(access: ApiAccess, options: ClientOptions = defaultClientOptions) {
    this.access = access;
    this.#options = options;
  }

  async get(path: string, query: Query, signal: AbortSignal): Promise<Answer> {
    return await this.#ask(path, { query, body: null }, signal);
  }

  /** Has an object made: what is asked of reviews, which nobody keeps. */
  async create(path: string, body: object, signal: AbortSignal): Promise<Answer> {
    return await this.#ask(path, { query: {}, body: JSON.stringify(body) }, signal);
  }

  async #ask(path: string, question: Question, signal: AbortSignal): Promise<Answer> {
    const { idleMs, maxBodyBytes } = this.#options;
    try {
      const response = await this.#request(path, question, idleMs, signal);
      const text = await readBody(response, maxBodyBytes);
      if (text === null) return unavailable(`the answer to ${path} has more than ${maxBodyBytes} bytes`);
      const body = parseJson(text);
      const { statusCode = 0, headers } = response;
      if (statusCode !== 200 && statusCode !== 201) {
        return this.#refused(failureOf(statusCode, body, headers['retry-after']));
      }
      if (body === undefined) return unavailable(`the answer to ${path} is no JSON; is this a Kubernetes API?`);
      return { body };
    } catch (error) {
      return unavailable(networkMessage(error, this.access.server));
    }
  }

  /**
   * The lines of a watch, those together that came together; none at first, once the server has accepted it. @param idleMs how long it may be silent
   * @returns null when the server ended it as it should, else what went wrong
   */
  async *watch(
    path: string,
    query: Query,
    idleMs: Milliseconds,
    signal: AbortSignal,
  ): AsyncGenerator<readonly string[], Failure | null, undefined> {
    try {
      const response = await this.#request(path, { query: { ...query, watch: 'true' }, body: null }, idleMs, signal);
      const { statusCode = 0, headers } = response;
      if (statusCode !== 200) {
        const body = parseJson((await readBody(response, this.#options.maxBodyBytes)) ?? '');
        return this.#refused(failureOf(statusCode, body, headers['retry-after']));
      }
      yield [];
      const splitter = new LineSplitter(this.#options.maxLineBytes);
      for await (const piece of response) {
        const lines = splitter.push(piece as Buffer);
        if (lines === null) return unavailable(`a line of ${path} has more than ${this.#options.maxLineBytes} bytes`);
        if (lines.length > 0) yield lines;
      }
      return splitter.isInLine ? unavailable('the watch ended in the middle of a line') : null;
    } catch (error) {
      return unavailable(networkMessage(error, this.access.server));
    }
  }

  /** Closes connections that nobody uses; what is under way is ended by its signal. */
  close(): void {
    this.#connections?.agent.destroy();
    this.#connections = null;
  }

  #refused(failure: Failure): Failure {
    if (failure.cause === 'unauthorized') this.access.rejected();
    return failure;
  }

  /** Resolves with the head of the answer. @throws whatever keeps it from coming */
  async #request(
    path: string,
    { query, body }: Question,
    idleMs: Milliseconds,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const { server } = this.access;
    const credentials = await this.access.credentials();
    const url = new URL(server.pathname.replace(/\/$/, '') + path, server);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
    const headers = {
      accept: 'application/json',
      'user-agent': `weir/${version}`,
      ...(body === null ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      ...(credentials.token === null ? {} : { authorization: `Bearer ${credentials.token}` }),
    };
    const { agent } = this.#connect(credentials);
    const open = server.protocol === 'https:' ? httpsRequest : httpRequest;
    return await new Promise((resolve, reject) => {
      const method = body === null ? 'GET' : 'POST';
      const request = open(url, { method, headers, agent, signal, timeout: idleMs });
      // The request would end an answer that has begun without a word.
      let waitsFor: { destroy(error: Error): unknown } = request;
      request.once('timeout', () => waitsFor.destroy(new Error(`nothing came for ${idleMs / 1000} s`)));
      request.once('error', reject);
      request.once('response', (response) => {
        waitsFor = response;
        resolve(response);
      });
      request.end(body ?? undefined);
    });
  }

  /** Connections are kept until the credentials that they were made with are replaced. */
  #connect({ tls }: Credentials): Connections {
    if (this.#connections !== null && isSameTls(this.#connections.tls, tls)) return this.#connections;
    const keep = { keepAlive: true, keepAliveMsecs: 30_000 };
    const { ca, cert, key, serverName, verify } = tls;
    const agent =
      this.access.server.protocol === 'http:'
        ? new HttpAgent(keep)
        : new HttpsAgent({
            ...keep,
            rejectUnauthorized: verify,
            ...(ca === null ? {} : { ca }),
            ...(cert === null || key === null ? {} : { cert, key }),
            ...(serverName === null ? {} : { servername: serverName }),
          });
    this.#connections?.agent.destroy();
    this.#connections = { tls, agent };
    return this.#connections;
  }
}

function isSameTls(a: Tls, b: Tls): boolean {
  return a.ca === b.ca && a.cert === b.cert && a.key === b.key;
}

/** Null when it is longer than that; the connection is then closed. */
async function readBody(response: IncomingMessage, maxBytes: number): Promise<string | null> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of response) {
    bytes += (piece as Buffer).length;
    if (bytes > maxBytes) return null;
    pieces.push(piece as Buffer);
  }
  return Buffer.concat(pieces, bytes).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const certificateErrors = /^(SELF_SIGNED|DEPTH_ZERO|UNABLE_TO|CERT_|ERR_TLS_CERT)/;

/** What kept an answer from coming, for people. */
function networkMessage(error: unknown, server: URL): string {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (certificateErrors.test(code)) {
    return `${server.origin}: ${messageOf(error)}: its certificate is not one that the certificate authority vouches for`;
  }
  // Of an address with several families only the parts say what is wrong.
  const inner = error instanceof AggregateError ? error.errors[0] : error;
  return `${server.origin}: ${messageOf(inner) || code}`;
}
