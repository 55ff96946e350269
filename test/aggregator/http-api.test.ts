import { connect as connectSocket } from 'node:net';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { request as httpRequest } from 'node:http';
import t from 'tap';
import type * as wire from '../../proto/wire.ts';
import { podYaml } from './cluster-fixture.ts';
import { eventsOf } from './events.ts';
import { batchOf, call, epoch, Pusher, windowMs } from './pusher.ts';
import { everything, type Running, start, TestCluster } from './running.ts';

const cluster = () =>
  new TestCluster(
    podYaml({ name: 'frontend-1', ip: '10.1.0.1', deployment: 'frontend' }),
    podYaml({ name: 'redis-0', ip: '10.1.0.4', namespace: 'data' }),
  );

function url({ aggregator }: Running, path: string): string {
  return `http://${aggregator.httpAddress}/api/v1/${path}`;
}

async function post(running: Running, path: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(url(running, path), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

t.test('a call by HTTP is answered as one by gRPC', async (t) => {
  const running = await start(t, cluster());
  const { connection } = running;
  const agent = new Pusher(connection);
  await agent.welcome();
  agent.send(batchOf(1, [call('frontend-1', '10.1.0.4', 6379), call('frontend-1', '203.0.113.7', 443)]));
  await agent.ackThrough(1);
  const calls: readonly (readonly [string, unknown, unknown])[] = [
    ['query/listNamespaces', {}, await connection.query.listNamespaces({})],
    ['query/listWorkloads', { namespace: 'shop' }, await connection.query.listWorkloads({ namespace: 'shop' })],
    ['query/listServices', {}, await connection.query.listServices({})],
    ['query/listEdges', everything, await connection.query.listEdges(everything)],
    ['policy/generate', { ingress: true }, await connection.policy.generate({ ingress: true })],
    ['alias/listAliases', {}, await connection.alias.listAliases({})],
  ];
  for (const [path, request, expected] of calls) {
    const { status, body, headers } = await post(running, path, request);
    t.equal(status, 200, path);
    t.equal(headers.get('content-type'), 'application/json; charset=utf-8');
    t.equal(headers.get('cache-control'), 'no-store');
    // An alias that an entity cannot have is null over gRPC, and left out here.
    t.strictSame(withoutNulls(body), withoutNulls(expected), path);
  }
  agent.close();
});

function withoutNulls(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, each: unknown) => (each === null ? undefined : each)));
}

t.test('errors carry their code, their message and an HTTP status', async (t) => {
  const running = await start(t, cluster());
  const faults: readonly (readonly [string, unknown, number, string, RegExp])[] = [
    ['query/listEdges', { scope: { namespace: 'shopp' } }, 404, 'NAMESPACE_UNKNOWN', /shopp; there are data, shop/],
    ['query/listEdges', { fitler: '' }, 400, 'REQUEST_INVALID', /fitler: no such field/],
    ['query/listEdges', '{"filter":', 400, 'REQUEST_INVALID', /the body is no JSON/],
    ['query/listEdges', '['.repeat(200_000), 400, 'REQUEST_INVALID', /JSON|object/],
    ['query/listEgdes', {}, 404, 'METHOD_UNKNOWN', /listEgdes; api\/v1\/openapi.json describes/],
    ['query/__proto__', {}, 404, 'METHOD_UNKNOWN', /__proto__/],
    ['alias/setAlias', { alias: { name: 'X' } }, 400, 'ALIAS_INVALID', /no name/],
    ['alias/removeAlias', { name: 'x' }, 404, 'ALIAS_UNKNOWN', /x/],
  ];
  for (const [path, request, status, code, message] of faults) {
    t.match(await post(running, path, request), { status, body: { code, message } }, `${path} ${code}`);
  }
  const text = await post(running, 'query/listEdges', '{}', { 'content-type': 'text/plain' });
  t.match(text, { status: 415, body: { code: 'REQUEST_TYPE' } });
});

t.test('other HTTP methods are told which one is wanted', async (t) => {
  const running = await start(t, cluster());
  const asked = async (method: string, path: string) => {
    const response = await fetch(url(running, path), { method });
    return [response.status, response.headers.get('allow')];
  };
  t.strictSame(await asked('GET', 'query/listEdges'), [405, 'POST, OPTIONS']);
  t.strictSame(await asked('OPTIONS', 'query/listEdges'), [204, 'POST, OPTIONS']);
  t.strictSame(await asked('DELETE', 'query/follow'), [405, 'GET, HEAD, OPTIONS']);
  t.strictSame(await asked('HEAD', 'query/follow'), [200, null]);
  t.strictSame(await asked('HEAD', 'openapi.json'), [200, null]);
});

t.test('answers are compressed for those who take it', async (t) => {
  const running = await start(t, cluster());
  const raw = (coding: string) =>
    new Promise<{ coding: string | undefined; body: Buffer }>((resolve, reject) => {
      const request = httpRequest(url(running, 'openapi.json'), { headers: { 'accept-encoding': coding } });
      request.on('error', reject).on('response', (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => resolve({ coding: response.headers['content-encoding'], body: Buffer.concat(parts) }));
      });
      request.end();
    });
  const plain = await raw('identity');
  t.equal(plain.coding, undefined);
  const [gzipped, brotli] = [await raw('gzip, br;q=0'), await raw('gzip, deflate, br')];
  t.equal(gzipped.coding, 'gzip');
  t.equal(brotli.coding, 'br');
  t.strictSame(gunzipSync(gzipped.body), plain.body);
  t.strictSame(brotliDecompressSync(brotli.body), plain.body);
  t.ok(brotli.body.length < plain.body.length / 4);
});

t.test('a stream arrives as server-sent events', async (t) => {
  const running = await start(t, cluster());
  const { connection, metric } = running;
  const agent = new Pusher(connection);
  await agent.welcome();
  const asked = encodeURIComponent(JSON.stringify({ scope: { namespace: 'data' } }));
  const abort = new AbortController();
  const response = await fetch(url(running, `query/follow?request=${asked}`), { signal: abort.signal });
  t.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  t.strictSame(await metric('weir_followers'), { '': 1 });
  agent.send(batchOf(1, [call('frontend-1', '10.1.0.4', 6379), call('frontend-1', '203.0.113.7', 443)]));
  const events = eventsOf(response);
  t.match((await events.next()).value, { retry: /\d+/ });
  const { value } = await events.next();
  const window = JSON.parse(value?.data ?? '') as wire.FollowResponse;
  t.match(window, { node: 'n1', windowStartUnixMs: epoch + windowMs, edges: [{ port: 6379 }] });
  t.equal(window.edges.length, 1);
  abort.abort();
  while ((await metric('weir_followers'))[''] !== 0);
  agent.close();
});

t.test('a browser that comes back gets what came meanwhile', async (t) => {
  const running = await start(t, cluster());
  const agent = new Pusher(running.connection);
  await agent.welcome();
  const follow = async (lastEventId: string) => {
    const abort = new AbortController();
    const headers = lastEventId === '' ? {} : { 'last-event-id': lastEventId };
    const response = await fetch(url(running, 'query/follow'), { signal: abort.signal, headers });
    const events = eventsOf(response);
    await events.next();
    return { abort, next: async () => (await events.next()).value as Readonly<Record<string, string>> };
  };
  const first = await follow('');
  agent.send(batchOf(1, [call('frontend-1', '10.1.0.4', 6379)]));
  const { id } = await first.next();
  first.abort.abort();
  agent.send(batchOf(2, [call('frontend-1', '10.1.0.4', 6380)]));
  await agent.ackThrough(2);
  const second = await follow(id ?? '');
  t.match(JSON.parse((await second.next())['data'] ?? ''), { edges: [{ port: 6380 }], resumeLost: false });
  second.abort.abort();
  agent.close();
});

t.test('a stream that cannot begin is refused with a status', async (t) => {
  const running = await start(t, cluster());
  const refused = async (query: string) => {
    const response = await fetch(url(running, `query/follow${query}`));
    return { status: response.status, body: await response.json() };
  };
  const asked = encodeURIComponent(JSON.stringify({ scope: { namespace: 'shopp' } }));
  t.match(await refused(`?request=${asked}`), { status: 404, body: { code: 'NAMESPACE_UNKNOWN' } });
  t.match(await refused('?request=%7B'), { status: 400, body: { message: /request is no JSON/ } });
  t.match(await refused('?filter=x'), {
    status: 400,
    body: { message: /filter: no such parameter; there is request/ },
  });
});

t.test('a body that says that it is too large is refused before it is sent', async (t) => {
  const running = await start(t, cluster());
  const [host, port] = running.aggregator.httpAddress.split(':');
  const socket = connectSocket(Number(port), host);
  socket.write('POST /api/v1/query/listEdges HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n');
  socket.write(`Content-Length: ${64 * 1024 * 1024}\r\n\r\n`);
  const answer = Buffer.concat(await socket.toArray()).toString();
  t.match(answer, /^HTTP\/1\.1 413 /);
  t.match(answer, /REQUEST_TOO_LARGE/);
});

t.test('a body without an end is cut off', async (t) => {
  const running = await start(t, cluster());
  const [host, port] = running.aggregator.httpAddress.split(':');
  const socket = connectSocket(Number(port), host).on('error', () => undefined);
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
  socket.write('POST /api/v1/query/listEdges HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n');
  socket.write('Transfer-Encoding: chunked\r\n\r\n');
  const spaces = Buffer.alloc(1024 * 1024, ' ');
  const chunk = Buffer.concat([Buffer.from(`${spaces.length.toString(16)}\r\n`), spaces, Buffer.from('\r\n')]);
  let sent = 0;
  const sendMore = (error?: Error | null) => {
    // A socket whose write failed keeps what is written in its callback, and calls back again: without end.
    if (error) return;
    sent += chunk.length;
    if (!socket.destroyed) socket.write(chunk, sendMore);
  };
  socket.resume();
  sendMore();
  await closed;
  t.ok(sent > 16 * 1024 * 1024, 'what is within the bound was read');
});
