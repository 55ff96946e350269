import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A way between two Unix sockets that can be cut. */
export class Proxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  static async listen(at: string, to: string): Promise<Proxy> {
    const proxy = new Proxy(to);
    proxy.#server.listen(at);
    await once(proxy.#server, 'listening');
    return proxy;
  }

  private constructor(to: string) {
    this.#server = createServer((near) => {
      const far = connect(to);
      for (const [from, into] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from);
        from.pipe(into);
        from.on('error', () => into.destroy());
        from.on('close', () => {
          this.#sockets.delete(from);
          into.destroy();
        });
      }
    });
  }

  /** Breaks every connection there is, in the middle of whatever is under way. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.#server.close();
    this.cut();
  }
}
