import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Cilium } from '../../agent/identity/stores/cilium.ts';
import { serveUnix, socketFolder } from './unix-server.ts';

/** As `GET /v1/endpoint` of a Cilium agent lists it, cut down to what matters. */
const endpoint = (name: string, ifindex: number, more: object = {}) => ({
  id: 100 + ifindex,
  status: {
    'external-identifiers': {
      'container-id': `container-${name}`,
      'k8s-namespace': 'shop',
      'k8s-pod-name': name,
      'pod-name': `shop/${name}`,
    },
    networking: { addressing: [{ ipv4: '10.0.0.7' }], 'interface-index': ifindex, 'interface-name': `lxc${name}` },
    state: 'ready',
  },
  ...more,
});
const health = { id: 4, status: { 'external-identifiers': {}, networking: { 'interface-name': 'lxc_health' } } };
const host = { id: 1, status: { networking: {} } };

function ask(folder: string) {
  let news = 0;
  const cilium = new Cilium({ folder, timeoutMs: 200 }, () => news++);
  return { cilium, ask: () => cilium.ask(), news: () => news };
}

const serve = (t: Test, folder: string, listener: RequestListener) =>
  serveUnix(t, join(folder, 'cilium.sock'), listener);
const json =
  (value: unknown): RequestListener =>
  (_, response) =>
    response.end(JSON.stringify(value));

t.test('endpoints are read from the API, and told when they changed', async (t) => {
  const folder = socketFolder(t);
  let paths = '';
  let answer: unknown[] = [health, host, endpoint('a', 7)];
  await serve(t, folder, (request, response) => {
    paths += request.url;
    json(answer)(request, response);
  });
  const { cilium, ask: asked, news } = ask(folder);
  await asked();
  t.equal(paths, '/v1/endpoint');
  t.same(cilium.claims(), [
    {
      means: 'cilium-api',
      linkName: 'lxca',
      ifindex: 7,
      pod: { namespace: 'shop', name: 'a' },
      uid: null,
      containerId: 'container-a',
      address: null,
    },
  ]);
  t.match(cilium.state, { name: 'cilium', state: 'ok', detail: '1 endpoints' });
  await asked();
  t.equal(news(), 1, 'the same again is no news');
  answer = [endpoint('a', 7), endpoint('b', 9)];
  await Promise.all([asked(), asked()]);
  t.equal(cilium.claims().length, 2);
  t.equal(news(), 2, 'it is asked once at a time');
});

t.test('endpoints that cannot be read are counted and hide no others', async (t) => {
  const folder = socketFolder(t);
  await serve(t, folder, json([endpoint('a', 7), { status: 5 }, 'x', null]));
  const { cilium, ask: asked } = ask(folder);
  await asked();
  t.match(cilium.state, { state: 'ok', detail: '1 endpoints, 3 could not be read' });
});

t.test('while the API is silent the state directory serves', async (t) => {
  const folder = socketFolder(t);
  for (const [id, text] of [
    ['12', '{"IfName":"lxca","IfIndex":7,"K8sPodName":"a","K8sNamespace":"shop","dockerID":"container-a"}'],
    ['13', '{"IfName":5}'],
    ['14', '{'],
  ] as const) {
    mkdirSync(join(folder, 'state', id), { recursive: true });
    writeFileSync(join(folder, 'state', id, 'ep_config.json'), text);
  }
  mkdirSync(join(folder, 'state', 'templates'));
  const { cilium, ask: asked } = ask(folder);
  await asked();
  t.match(cilium.claims(), [{ means: 'cilium-state', linkName: 'lxca', ifindex: 7, pod: { name: 'a' } }]);
  t.match(cilium.state, {
    state: 'failing',
    detail: /^1 endpoints in the state directory; its API: .*ENOENT.*, 2 could/,
  });
  rmSync(join(folder, 'state'), { recursive: true });
  await asked();
  t.same(cilium.claims(), [], 'and nothing where that is missing too');
});

for (const [what, listener, complaint] of [
  ['hangs', () => undefined, /no answer in 200 ms/],
  ['hangs in the middle', (_, response) => response.write('[{'), /no answer in 200 ms|aborted/],
  ['answers garbage', (_, response) => response.end('<html>'), /JSON/],
  ['answers other JSON', json({ endpoints: [] }), /expected array/i],
  ['refuses', (_, response) => response.writeHead(503).end(), /the answer is 503/],
] as const satisfies readonly (readonly [string, RequestListener, RegExp])[]) {
  t.test(`an API that ${what} is a named problem`, async (t) => {
    const folder = socketFolder(t);
    await serve(t, folder, listener);
    const { cilium, ask: asked } = ask(folder);
    await asked();
    t.match(cilium.state, { state: 'failing' });
    t.match(cilium.state.detail.replaceAll(/\s+/g, ' '), complaint);
    t.same(cilium.claims(), []);
  });
}
