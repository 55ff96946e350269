import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Milliseconds } from '../../core/time.ts';
import { Accounts, isReview } from './accounts.ts';
import { discover } from './discovery.ts';
import { type Fault, Faults } from './faults.ts';
import { listObjects } from './list.ts';
import { ObjectStore } from './object-store.ts';
import { type Target, targetOf } from './request.ts';
import { type ApiResource, groupVersionOf, knownResources } from './resources.ts';
import { failure, type Status } from './status.ts';
import { Watch } from './watch.ts';

export interface KubeApiOptions {
  readonly host?: string;
  /** 0 chooses one. */
  readonly port?: number;
  /** With it the server speaks HTTPS. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** In PEM; with it every client must have a certificate of this authority. */
  readonly clientAuthority?: string;
  /** The bearer token that every request must bring; null for none. */
  readonly token?: string | null;
  /** Custom kinds that are installed, as `group/version`. */
  readonly installed?: readonly string[];
  readonly bookmarkEveryMs?: Milliseconds;
  /** Where versions begin: by itself above those of any server that was started earlier. */
  readonly firstVersion?: number;
  /** How many changes are remembered for watches. */
  readonly historyLength?: number;
}

/** A verb of a resource that is refused: `list pods`. */
export type Denied = `${'get' | 'list' | 'watch'} ${string}`;

/**
 * A Kubernetes API server without Kubernetes: what it serves is what it is given. It speaks the protocol of the real
 * one (https://kubernetes.io/docs/reference/using-api/api-concepts/) for reading: get, list in pages, watch; and for
 * reviews of tokens and of rights.
 */
export class KubeApi {
  readonly store: ObjectStore;
  readonly faults = new Faults();
  /** Paths with their queries, in the order in which they were asked for. */
  readonly requests: string[] = [];
  readonly denied = new Set<Denied>();
  /** Whose tokens and rights it knows for reviews. */
  readonly accounts = new Accounts();
  token: string | null;
  #installed: ReadonlySet<string>;
  readonly #options: KubeApiOptions;
  readonly #sockets = new Set<Socket>();
  readonly #watches = new Set<Watch>();
  #server: Server;
  #port: number;

  static async start(options: KubeApiOptions = {}): Promise<KubeApi> {
    const api = new KubeApi(options);
    await api.accept();
    return api;
  }

  private constructor(options: KubeApiOptions) {
    this.#options = options;
    this.token = options.token ?? null;
    this.#installed = new Set(options.installed);
    this.#port = options.port ?? 0;
    this.store = new ObjectStore(options.firstVersion ?? Date.now() * 1000, options.historyLength ?? 10_000);
    this.#server = this.#newServer();
  }

  /** As it stands in a kubeconfig. */
  get url(): string {
    const host = this.#options.host ?? '127.0.0.1';
    return `${this.#options.tls === undefined ? 'http' : 'https'}://${host}:${this.#port}`;
  }

  get watches(): number {
    return this.#watches.size;
  }

  /** Installs or removes custom kinds. @param groupVersions `group/version` */
  install(...groupVersions: readonly string[]): void {
    this.#installed = new Set(groupVersions);
    // A watch of a kind that is taken away ends.
    for (const watch of this.#watches) watch.end();
  }

  /** Takes connections, again after `refuse`, on the same port. */
  async accept(): Promise<void> {
    this.#server.listen(this.#port, this.#options.host ?? '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Cuts all connections and takes none until `accept`. */
  async refuse(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.disconnect();
    await closed;
    this.#server = this.#newServer();
  }

  /** Cuts all connections, watches too. */
  disconnect(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Ends every watch in the middle of a line. */
  truncateWatches(): void {
    for (const watch of this.#watches) watch.truncate();
  }

  /** Sends an event on every watch as it is, whatever it is. */
  sendRaw(event: {
    readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
    readonly object: object;
  }): void {
    for (const watch of this.#watches) watch.send(event);
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.disconnect();
    await closed;
  }

  get #resources(): readonly ApiResource[] {
    return knownResources.filter((each) => !each.custom || this.#installed.has(groupVersionOf(each)));
  }

  #newServer(): Server {
    const { tls, clientAuthority } = this.#options;
    const asking = clientAuthority === undefined ? {} : { ca: clientAuthority, requestCert: true };
    const answer = (request: IncomingMessage, response: ServerResponse) => void this.#answer(request, response);
    const server: Server = tls === undefined ? createServer(answer) : createTlsServer({ ...tls, ...asking }, answer);
    server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    return server;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://server');
    this.requests.push(`${url.pathname}${url.search}`);
    const isWatch = ['true', '1'].includes(url.searchParams.get('watch') ?? '');
    const fault = this.faults.take({ path: url.pathname, isWatch });
    if (fault?.type === 'hang') return;
    if (fault?.type === 'slow') await sleep(fault.ms);
    else if (fault !== null) {
      answerFault(fault, response);
      return;
    }
    if (response.destroyed) return;
    const refusal = this.#refusal(request, url, isWatch);
    if (refusal !== null) send(response, refusal.code, refusal);
    else if (request.method === 'POST') await this.#review(url.pathname, request, response);
    else this.#serve(url, isWatch, response);
  }

  async #review(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = this.accounts.review(path, await readJson(request));
    send(response, 'code' in answer ? answer.code : 201, answer);
  }

  /** Why a request is not served, whatever there is. */
  #refusal(request: IncomingMessage, url: URL, isWatch: boolean): Status | null {
    if (this.token !== null && request.headers.authorization !== `Bearer ${this.token}`) {
      return failure(401, 'Unauthorized');
    }
    if (request.method === 'POST' && isReview(url.pathname)) return null;
    if (request.method !== 'GET') {
      return failure(405, 'the server does not allow this method on the requested resource');
    }
    const target = targetOf(url.pathname);
    if (target === null) return null;
    const { group, name } = target.resource;
    const verb = isWatch ? 'watch' : target.name === null ? 'list' : 'get';
    if (!this.denied.has(`${verb} ${name}`)) return null;
    const where = target.namespace === null ? 'at the cluster scope' : `in the namespace "${target.namespace}"`;
    const what = `User "system:serviceaccount:weir:weir" cannot ${verb} resource "${name}" in API group "${group}" ${where}`;
    return failure(403, `${name} is forbidden: ${what}`);
  }

  #serve(url: URL, isWatch: boolean, response: ServerResponse): void {
    const discovered = discover(url.pathname, this.#resources);
    const target = targetOf(url.pathname);
    if (discovered !== null) send(response, 200, discovered);
    else if (target === null || !this.#resources.includes(target.resource)) {
      // The real server's words for a group that it does not have; they are no Status.
      response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('404 page not found\n');
    } else if (target.name !== null) this.#get(target, target.name, response);
    else if (isWatch) this.#watch(target, url.searchParams, response);
    else {
      const list = listObjects(this.store, target, url.searchParams);
      send(response, 'code' in list ? (list as Status).code : 200, list);
    }
  }

  #get({ resource, namespace }: Target, name: string, response: ServerResponse): void {
    const found = this.store.get(resource, `${namespace ?? ''}/${name}`);
    if (found !== null) send(response, 200, found);
    else send(response, 404, failure(404, `${resource.name} "${name}" not found`));
  }

  #watch(target: Target, query: URLSearchParams, response: ServerResponse): void {
    const { bookmarkEveryMs = 60_000 } = this.#options;
    const options = { bookmarkEveryMs, defaultTimeoutMs: 1_800_000 };
    const watch = Watch.start(this.store, target, query, response, options);
    if (!(watch instanceof Watch)) {
      send(response, watch.code, watch);
      return;
    }
    this.#watches.add(watch);
    response.once('close', () => this.#watches.delete(watch));
  }
}

const maxBodyBytes = 1 << 20;

/** Undefined for what is no JSON. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request) {
    bytes += (piece as Buffer).length;
    if (bytes > maxBodyBytes) return undefined;
    pieces.push(piece as Buffer);
  }
  try {
    return JSON.parse(Buffer.concat(pieces).toString('utf8'));
  } catch {
    return undefined;
  }
}

function send(response: ServerResponse, code: number, body: object): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function answerFault(fault: Exclude<Fault, { type: 'hang' | 'slow' }>, response: ServerResponse): void {
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
