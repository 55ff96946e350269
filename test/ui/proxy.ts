import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';

/** A proxy that serves an aggregator below a path of its own, as an ingress does. */
export class PathProxy {
  readonly #server: Server;
  readonly #path: string;

  /** @param path such as /tools/weir */
  static async start(path: string, target: string): Promise<PathProxy> {
    const { hostname, port } = new URL(target);
    const server = createServer((from, to) => {
      if (from.url?.startsWith(`${path}/`) !== true) {
        to.writeHead(404).end();
        return;
      }
      const options = { hostname, port, method: from.method, headers: from.headers, path: from.url.slice(path.length) };
      const onward = request(options, (answer) => {
        to.writeHead(answer.statusCode ?? 502, answer.headers);
        // What breaks behind the proxy breaks in front of it too.
        pipeline(answer, to, () => undefined);
      });
      onward.on('error', () => (to.headersSent ? to.destroy() : to.writeHead(502).end()));
      to.on('close', () => onward.destroy());
      from.pipe(onward);
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    return new PathProxy(server, path);
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
