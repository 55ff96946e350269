import { createServer, request, type Server } from 'node:http';
import { request as requestTls } from 'node:https';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';

export interface ProxyOptions {
  /** What it says besides, such as who signed in there. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Authority and name of an aggregator that speaks TLS. */
  readonly ca?: string;
  readonly servername?: string;
}

/** A proxy that serves an aggregator below a path of its own, as an ingress does. */
export class PathProxy {
  readonly #server: Server;
  readonly #path: string;
  /** Where those who ask the API are sent to sign in, a path of its own; null while nobody needs to. */
  signInAt: string | null = null;
  /** How often the page there was asked for. */
  signInsAsked = 0;

  /** @param path empty, or such as /tools/weir */
  static async start(path: string, target: string, given: ProxyOptions = {}): Promise<PathProxy> {
    const { hostname, port, protocol } = new URL(target);
    const { headers: said = {}, ...tls } = given;
    const send = protocol === 'https:' ? requestTls : request;
    const server = createServer((from, to) => {
      if (from.url?.startsWith(`${path}/`) !== true) {
        to.writeHead(404).end();
        return;
      }
      if (from.url === proxy.signInAt) proxy.signInsAsked++;
      if (proxy.signInAt !== null && from.url.startsWith(`${path}/api/`)) {
        to.writeHead(302, { location: proxy.signInAt }).end();
        return;
      }
      const headers = { ...from.headers, ...said };
      const onward = send(
        { hostname, port, method: from.method, headers, path: from.url.slice(path.length), ...tls },
        (answer) => {
          to.writeHead(answer.statusCode ?? 502, answer.headers);
          // What breaks behind the proxy breaks in front of it too.
          pipeline(answer, to, () => undefined);
        },
      );
      onward.on('error', () => (to.headersSent ? to.destroy() : to.writeHead(502).end()));
      to.on('close', () => onward.destroy());
      from.pipe(onward);
    });
    const proxy = new PathProxy(server, path);
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    return proxy;
  }

  private constructor(server: Server, path: string) {
    this.#server = server;
    this.#path = path;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** With a slash at the end. */
  get url(): string {
    return `${this.origin}${this.#path}/`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
