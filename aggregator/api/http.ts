import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { messageOf, WeirError } from '../../core/errors.ts';

/** Serves /metrics, /healthz (the process runs) and /readyz (it takes calls). */
export class HttpServer {
  readonly #server: Server;
  readonly #registry: Registry;
  #ready = false;

  constructor(registry: Registry) {
    this.#registry = registry;
    this.#server = createServer((request, response) => this.#answer(request.url ?? '', response));
  }

  set ready(ready: boolean) {
    this.#ready = ready;
  }

  /** @returns the address with the port that was chosen for port 0. @throws WeirError LISTEN */
  listen(address: string): Promise<string> {
    const colon = address.lastIndexOf(':');
    const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error) => {
        const what = `${address}: ${messageOf(error)}; choose another with --metrics-listen`;
        reject(new WeirError('LISTEN', what, { cause: error }));
      });
      this.#server.listen(Number(address.slice(colon + 1)), host, () => {
        resolve(`${address.slice(0, colon)}:${(this.#server.address() as AddressInfo).port}`);
      });
    });
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #answer(url: string, response: ServerResponse): void {
    const path = url.split('?')[0];
    if (path === '/metrics') void this.#metrics(response);
    else if (path === '/healthz') end(response, 200, 'ok\n');
    else if (path === '/readyz') end(response, this.#ready ? 200 : 503, this.#ready ? 'ready\n' : 'not ready\n');
    else end(response, 404, 'there are /metrics, /healthz and /readyz\n');
  }

  async #metrics(response: ServerResponse): Promise<void> {
    try {
      const text = await this.#registry.metrics();
      end(response, 200, text, this.#registry.contentType);
    } catch (error) {
      end(response, 500, `${messageOf(error)}\n`);
    }
  }
}

function end(response: ServerResponse, code: number, text: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(code, { 'content-type': type }).end(text);
}
