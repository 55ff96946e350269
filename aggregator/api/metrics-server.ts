import { createServer, type Server, type ServerResponse } from 'node:http';
import { messageOf } from '../../core/errors.ts';
import { listenOn } from './http/listen.ts';
import type { MetricPage } from './metric-page.ts';

/** Serves /metrics, /healthz (the process runs) and /readyz (it takes calls). */
export class MetricsServer {
  readonly #server: Server;
  readonly #page: MetricPage;
  #ready = false;

  constructor(page: MetricPage) {
    this.#page = page;
    this.#server = createServer((request, response) => this.#answer(request.url ?? '', response));
  }

  set ready(ready: boolean) {
    this.#ready = ready;
  }

  /** @returns the address with the port that was chosen for port 0. @throws WeirError LISTEN */
  listen(address: string): Promise<string> {
    return listenOn(this.#server, address, '--metrics-listen');
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
      const text = await this.#page.text();
      end(response, 200, text, this.#page.contentType);
    } catch (error) {
      end(response, 500, `${messageOf(error)}\n`);
    }
  }
}

function end(response: ServerResponse, code: number, text: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(code, { 'content-type': type }).end(text);
}
