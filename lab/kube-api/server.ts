import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server as Listener, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Milliseconds } from '../../core/time.ts';
import { Accounts, reviewOf } from './accounts.ts';
import { discover } from './discovery.ts';
import { answerFault, Faults } from './faults.ts';
import { Gate } from './gate.ts';
import { json, readBody, send } from './http.ts';
import { listObjects } from './list.ts';
import { ObjectStore } from './object-store.ts';
import { describe } from './openapi.ts';
import type { PodAccess } from './pod-access.ts';
import type { Subject } from './rbac.ts';
import { type Target, targetOf } from './request.ts';
import { type ApiResource, groupVersionOf, knownResources } from './resources.ts';
import { requestToken } from './service-tokens.ts';
import { scaleOf } from './scale.ts';
import { failure, type Status } from './status.ts';
import { writeSubresource } from './subresources.ts';
import { Tunnels } from './tunnel/upgrade.ts';
import { Watch } from './watch.ts';
import { type SchemaCheck, Writer } from './write.ts';

export interface KubeApiOptions {
  readonly host?: string;
  /** 0 chooses one. */
  readonly port?: number;
  /** With it the server speaks HTTPS. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** In PEM; with it every client must have a certificate of this authority. */
  readonly clientAuthority?: string;
  /** In place of host and port: a socket that listens already, such as one of another network namespace. */
  readonly listener?: Listener;
  /** The bearer token that every request must bring; null for none. */
  readonly token?: string | null;
  /** With it a request needs the token of an account in place of that, and a right to what it asks for. */
  readonly authorizes?: boolean;
  /** With it objects may be written, if it finds no fault with them; without it all is read-only. */
  readonly schema?: SchemaCheck;
  /** Whether there are kubelets: a pod that is deleted is there until the one of its node has taken it away. */
  readonly hasKubelets?: boolean;
  /** What kubelets do in pods; without it nobody gets into one. */
  readonly pods?: PodAccess;
  /** Custom kinds that are installed, as `group/version`. */
  readonly installed?: readonly string[];
  readonly bookmarkEveryMs?: Milliseconds;
  /** Where versions begin: by itself above those of any server that was started earlier. */
  readonly firstVersion?: number;
  /** How many changes are remembered for watches. */
  readonly historyLength?: number;
}

/**
 * A Kubernetes API server without Kubernetes: what it serves is what it is given. It speaks the protocol of the real
 * one (https://kubernetes.io/docs/reference/using-api/api-concepts/): get, list in pages, watch; reviews of tokens and of
 * rights; and, where it is given a schema, create, update, patch, apply, delete.
 */
export class KubeApi {
  readonly store: ObjectStore;
  readonly faults = new Faults();
  /** Paths with their queries, in the order in which they were asked for. */
  readonly requests: string[] = [];
  /** Whose tokens and rights it knows. */
  readonly accounts: Accounts;
  readonly gate: Gate;
  readonly #tunnels: Tunnels;
  readonly #writer: Writer | null;
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
    this.#installed = new Set(options.installed);
    this.#port = options.port ?? 0;
    this.store = new ObjectStore(options.firstVersion ?? Date.now() * 1000, options.historyLength ?? 10_000);
    this.accounts = new Accounts(this.store);
    this.gate = new Gate(this.accounts, options.token ?? null, options.authorizes ?? false);
    this.#tunnels = new Tunnels(this.store, this.gate, options.pods ?? null);
    const { schema, hasKubelets = false } = options;
    this.#writer = schema === undefined ? null : new Writer(this.store, schema, hasKubelets);
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
    const { listener, host = '127.0.0.1' } = this.#options;
    if (listener === undefined) this.#server.listen(this.#port, host);
    else this.#server.listen(listener);
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
    server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      this.requests.push(request.url ?? '/');
      this.#tunnels.open({ request, socket, head });
    });
    // Also while it shakes hands: who waits for the end of all would wait for it.
    server.on('connection', (socket: Socket) => {
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
    const method = request.method ?? 'GET';
    const caller = this.gate.callerOf(request);
    const target = targetOf(url.pathname);
    const isUnknown = caller !== null && 'code' in caller;
    const refusal = isUnknown ? caller : this.gate.refusal(method, url.pathname, target, isWatch, caller);
    if (refusal !== null) send(response, refusal.code, refusal);
    else if (method === 'GET') this.#serve(url, target, isWatch, response);
    else await this.#take(method, url, target, caller as Subject | null, request, response);
  }

  /** Answers what is no question. */
  async #take(
    method: string,
    url: URL,
    target: Target | null,
    caller: Subject | null,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const body = await readBody(request);
    if (typeof body !== 'string') return send(response, body.code, body);
    const isServed = target !== null && this.#resources.includes(target.resource);
    if (method === 'POST' && reviewOf(url.pathname) !== null) {
      const answer = this.accounts.review(url.pathname, json(body), caller);
      send(response, 'code' in answer ? answer.code : 201, answer);
    } else if (!isServed || this.#writer === null) {
      send(response, 405, failure(405, 'the server does not allow this method on the requested resource'));
    } else if (target.subresource === 'token' && method === 'POST') {
      const answer = requestToken(this.store, this.accounts, target, json(body));
      send(response, 'code' in answer ? answer.code : 201, answer);
    } else {
      const { 'content-type': type = '', 'user-agent': agent = '' } = request.headers;
      const [contentType = '', name = ''] = [type.split(';')[0], agent.split('/')[0]];
      const asked = { method, target, query: url.searchParams, contentType, agent: name, body };
      const isPart = target.subresource !== null;
      const answer = isPart ? writeSubresource(this.store, this.#writer, asked) : this.#writer.write(asked);
      send(response, answer.code, answer.body);
    }
  }

  #serve(url: URL, target: Target | null, isWatch: boolean, response: ServerResponse): void {
    const told = discover(url.pathname, this.#resources) ?? describe(url.pathname, this.#resources);
    if (told !== null) send(response, 200, told);
    else if (target === null || !this.#resources.includes(target.resource)) {
      // The real server's words for a group that it does not have; they are no Status.
      response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('404 page not found\n');
    } else if (target.name !== null && target.subresource === 'log') this.#log(target, target.name, response);
    else if (target.name !== null && target.subresource !== null) {
      const found = this.store.get(target.resource, `${target.namespace ?? ''}/${target.name}`);
      const scale = target.subresource === 'scale' && found !== null ? scaleOf(found) : null;
      if (scale !== null) send(response, 200, scale);
      else send(response, 404, failure(404, `${url.pathname}: no such subresource is served`));
    } else if (target.name !== null) this.#get(target, target.name, response);
    else if (isWatch) this.#watch(target, url.searchParams, response);
    else {
      const list = listObjects(this.store, target, url.searchParams);
      send(response, 'code' in list ? (list as Status).code : 200, list);
    }
  }

  #log({ namespace }: Target, name: string, response: ServerResponse): void {
    const text = this.#options.pods?.logOf(`${namespace}/${name}`) ?? null;
    if (text === null) send(response, 404, failure(404, `pods "${name}" not found`));
    else response.writeHead(200, { 'content-type': 'text/plain' }).end(text);
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
