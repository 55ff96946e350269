import { connect } from 'node:net';
import t, { type Test } from 'tap';
import type { ApiHandlers } from '../../aggregator/api/handlers.ts';
import { JsonApi } from '../../aggregator/api/http/json-api.ts';
import { Pages } from '../../aggregator/api/http/pages.ts';
import { HttpServer } from '../../aggregator/api/http/server.ts';
import { SiteFolder } from '../../aggregator/api/http/site.ts';
import { WeirError } from '../../core/errors.ts';
import type * as wire from '../../proto/wire.ts';
import { openGate } from '../../aggregator/access/user-gate.ts';
import { eventsOf } from './events.ts';

type Query = Partial<ApiHandlers['query']>;

/** A server with bounds that are soon met. @param query handlers of the methods that a test asks */
async function serve(t: Test, query: Query, faults: unknown[] = []) {
  const handlers = { query, policy: {}, alias: {}, settings: {} } as unknown as ApiHandlers;
  const report = (_: string, error: unknown) => void faults.push(error);
  const bounds = { maxRequestBytes: 1_000, maxTotalRequestBytes: 1_500, maxAnswerBytes: 10_000, maxStreams: 2 };
  const api = new JsonApi({ handlers, report, gate: openGate, ...bounds, heartbeatMs: 20 });
  const pages = new Pages(new SiteFolder('/nowhere'));
  const server = new HttpServer({
    basePath: '',
    api,
    pages,
    report,
    maxConnections: 10,
    certificates: null,
    idleMs: 300,
  });
  const address = await server.listen('127.0.0.1:0');
  t.teardown(() => server.close());
  const post = async (path: string, body: string) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`http://${address}/api/v1/query/${path}`, { method: 'POST', body, headers });
    return { status: response.status, body: await response.json() };
  };
  return { address, post, follow: (init: RequestInit = {}) => fetch(`http://${address}/api/v1/query/follow`, init) };
}

const bigResponse = { node: 'x'.repeat(100_000) } as unknown as wire.FollowResponse;

t.test('a bounded number of streams is open, and one that ends makes way', async (t) => {
  const { follow } = await serve(t, { follow: (_, to) => to.open() });
  const aborts = [new AbortController(), new AbortController()];
  for (const { signal } of aborts) t.equal((await follow({ signal })).status, 200);
  const refused = await follow();
  t.match({ status: refused.status, body: await refused.json() }, { status: 429, body: { code: 'TOO_MANY' } });
  aborts[0]?.abort();
  for (let status = 429; status !== 200; ) {
    const again = await follow({ signal: AbortSignal.timeout(10_000) });
    ({ status } = again);
    await again.body?.cancel();
  }
  aborts[1]?.abort();
});

t.test('a stream on which nothing happens is kept alive', async (t) => {
  const { follow } = await serve(t, { follow: (_, to) => to.open() });
  const abort = new AbortController();
  const { body } = await follow({ signal: abort.signal });
  let text = '';
  for await (const part of body as unknown as AsyncIterable<Uint8Array>) {
    text += Buffer.from(part).toString();
    // Longer than a connection may be idle.
    if (text.split('\n:\n').length > 20) break;
  }
  t.match(text, /^retry: \d+\n\n(:\n\n)+$/);
  abort.abort();
});

t.test('a caller that never reads is held up and then cut off', async (t) => {
  let written = 0;
  const closed = new Promise<void>((resolve) => {
    const follow: Query['follow'] = (_, to) => {
      to.onClosed(resolve);
      to.open();
      const writeMore = () => {
        written++;
        if (to.write(bigResponse)) writeMore();
      };
      to.onReady(writeMore);
      writeMore();
    };
    void serve(t, { follow }).then(({ address }) => {
      const socket = connect(Number(address.split(':')[1]), '127.0.0.1').on('error', () => undefined);
      socket.write('GET /api/v1/query/follow HTTP/1.1\r\nHost: x\r\n\r\n');
      t.teardown(() => socket.destroy());
    });
  });
  await closed;
  t.ok(written < 1_000, 'what is not taken is not made');
});

t.test('a stream that breaks in the middle says why', async (t) => {
  const follow: Query['follow'] = (_, to) => {
    to.open();
    to.fail(new WeirError('SHUTTING_DOWN', 'come back'));
  };
  const events = eventsOf(await (await serve(t, { follow })).follow());
  await events.next();
  const { value } = await events.next();
  t.match(value, { event: 'fault', data: /"code":"SHUTTING_DOWN"/ });
});

t.test('answers and requests that are too large are refused', async (t) => {
  const namespaces = Array.from({ length: 1_000 }, (_, i) => ({ name: `n${i}`, workloads: 0, pods: 0 }));
  const { post } = await serve(t, { listNamespaces: () => ({ namespaces }) });
  t.match(await post('listNamespaces', '{}'), { status: 400, body: { code: 'ANSWER_TOO_LARGE' } });
  const long = JSON.stringify({ cluster: 'x'.repeat(2_000) });
  t.match(await post('listNamespaces', long), { status: 413, body: { code: 'REQUEST_TOO_LARGE' } });
});

t.test('a fault of ours is logged, and not told', async (t) => {
  const faults: unknown[] = [];
  const broken: Query = {
    listNamespaces: () => {
      throw new TypeError('secret detail');
    },
  };
  const { post } = await serve(t, broken, faults);
  const { status, body } = await post('listNamespaces', '{}');
  t.equal(status, 500);
  t.match(body, { code: 'INTERNAL' });
  t.notMatch(JSON.stringify(body), /secret/);
  t.match(faults, [new TypeError('secret detail')]);
});
