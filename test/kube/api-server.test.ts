import t, { type Test } from 'tap';
import type { Status } from '../../lab/kube-api/status.ts';
import { KubeApi, type KubeApiOptions } from '../../lab/kube-api/server.ts';
import { podOf } from './objects.ts';
import { RawWatch } from './watching.ts';

/*
 * That the server of the lab behaves as the Kubernetes documentation says that the real one does
 * (https://kubernetes.io/docs/reference/using-api/api-concepts/): what clients are tested with has to be right itself.
 */

async function startApi(t: Test, options: KubeApiOptions = {}): Promise<KubeApi> {
  const api = await KubeApi.start(options);
  t.teardown(() => api.close());
  return api;
}

interface List {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: {
    readonly resourceVersion: string;
    readonly continue?: string;
    readonly remainingItemCount?: number;
  };
  readonly items: readonly { readonly kind?: string; readonly metadata: { readonly name: string } }[];
}

interface Answer<Body> {
  readonly code: number;
  readonly headers: Headers;
  readonly body: Body;
}

async function ask<Body = List>(
  api: KubeApi,
  path: string,
  headers: Record<string, string> = {},
): Promise<Answer<Body>> {
  const response = await fetch(api.url + path, { headers });
  return { code: response.status, headers: response.headers, body: (await response.json()) as Body };
}

const names = ({ items }: List) => items.map(({ metadata }) => metadata.name);

async function openWatch(t: Test, api: KubeApi, query: string): Promise<RawWatch> {
  const watch = await RawWatch.open(`${api.url}/api/v1/pods?watch=true&${query}`);
  t.teardown(() => watch.close());
  return watch;
}

t.test('a list has a version, and its items do not repeat its kind', async (t) => {
  const api = await startApi(t);
  api.store.set(podOf('a'));
  const { body } = await ask(api, '/api/v1/pods');
  t.match(body, { kind: 'PodList', apiVersion: 'v1', metadata: { resourceVersion: String(api.store.version) } });
  t.strictSame(names(body), ['a']);
  t.notOk('kind' in (body.items[0] ?? {}));
  const one = await ask<{ kind: string }>(api, '/api/v1/namespaces/shop/pods/a');
  t.equal(one.body.kind, 'Pod', 'an object by itself has one');
});

t.test('pages of a list are of one moment, whatever changes meanwhile', async (t) => {
  const api = await startApi(t);
  for (const name of ['a', 'b', 'c', 'd', 'e']) api.store.set(podOf(name));
  const first = (await ask(api, '/api/v1/pods?limit=2')).body;
  t.strictSame(names(first), ['a', 'b']);
  t.equal(first.metadata.remainingItemCount, 3);
  api.store.delete(podOf('c'));
  api.store.set(podOf('d', { nodeName: 'n2' }));
  api.store.set(podOf('cc'));
  const second = (await ask(api, `/api/v1/pods?limit=2&continue=${first.metadata.continue}`)).body;
  t.strictSame(names(second), ['c', 'd']);
  t.equal(second.metadata.resourceVersion, first.metadata.resourceVersion, 'the version remains the same');
  const third = (await ask(api, `/api/v1/pods?limit=2&continue=${second.metadata.continue}`)).body;
  t.strictSame(names(third), ['e']);
  t.equal(third.metadata.continue, undefined, 'the last page has no token');
});

t.test('a token that expired is answered by 410 with one that goes on inconsistently', async (t) => {
  const api = await startApi(t);
  for (const name of ['a', 'b', 'c']) api.store.set(podOf(name));
  const first = (await ask(api, '/api/v1/pods?limit=1')).body;
  api.store.set(podOf('bb'));
  api.store.compact();
  const expired = await ask<Status>(api, `/api/v1/pods?limit=1&continue=${first.metadata.continue}`);
  t.match(expired, { code: 410, body: { kind: 'Status', status: 'Failure', reason: 'Expired', code: 410 } });
  const rest = (await ask(api, `/api/v1/pods?continue=${expired.body.metadata.continue}`)).body;
  t.strictSame(names(rest), ['b', 'bb', 'c']);
  t.not(rest.metadata.resourceVersion, first.metadata.resourceVersion);
});

t.test('what cannot be asked is refused with a Status', async (t) => {
  const api = await startApi(t);
  t.match(await ask<Status>(api, '/api/v1/pods?continue=nonsense'), { code: 400, body: { reason: 'BadRequest' } });
  t.match(await ask<Status>(api, '/api/v1/pods?resourceVersion=99999999999999999'), { code: 504 });
  t.match(await ask<Status>(api, '/api/v1/pods?fieldSelector=spec.color%3Dred'), { code: 400 });
  t.match(await ask<Status>(api, '/api/v1/namespaces/shop/pods/none'), { code: 404, body: { reason: 'NotFound' } });
  const posted = await fetch(`${api.url}/api/v1/pods`, { method: 'POST' });
  t.equal(posted.status, 405);
  const unknown = await fetch(`${api.url}/apis/cilium.io/v2/ciliumnetworkpolicies`);
  t.equal(unknown.status, 404);
  t.equal(await unknown.text(), '404 page not found\n', 'a group that is not installed is answered in plain text');
});

t.test('objects are selected by field, label and namespace', async (t) => {
  const api = await startApi(t);
  api.store.set(podOf('a', { nodeName: 'n1' }, { labels: { app: 'cart', tier: 'back' } }));
  api.store.set(podOf('b', { nodeName: 'n2' }, { labels: { app: 'cart' } }));
  api.store.set(podOf('c', { nodeName: 'n1' }, { namespace: 'other' }));
  const listed = async (path: string) => names((await ask(api, path)).body);
  t.strictSame(await listed('/api/v1/pods?fieldSelector=spec.nodeName%3Dn1'), ['c', 'a'], 'sorted by namespace');
  t.strictSame(await listed('/api/v1/pods?fieldSelector=metadata.name%3Db'), ['b']);
  t.strictSame(await listed('/api/v1/pods?fieldSelector=metadata.namespace!%3Dshop'), ['c']);
  t.strictSame(await listed('/api/v1/namespaces/shop/pods?labelSelector=app%3Dcart,!tier'), ['b']);
  t.strictSame(await listed('/api/v1/pods?labelSelector=tier+in+(back,front)'), ['a']);
  t.strictSame(await listed('/api/v1/pods?labelSelector=app+notin+(cart)'), ['c']);
});

t.test('a watch tells every change after its version, with versions that can be gone on from', async (t) => {
  const api = await startApi(t);
  api.store.set(podOf('before'));
  const from = api.store.version;
  api.store.set(podOf('a'));
  const watch = await openWatch(t, api, `resourceVersion=${from}`);
  t.match(await watch.next(), { type: 'ADDED', object: { kind: 'Pod', metadata: { name: 'a' } } });
  api.store.set(podOf('a', { nodeName: 'n1' }));
  t.match(await watch.next(), { type: 'MODIFIED', object: { spec: { nodeName: 'n1' } } });
  api.store.delete(podOf('a'));
  const deletion = { type: 'DELETED', object: { metadata: { name: 'a', resourceVersion: String(api.store.version) } } };
  t.match(await watch.next(), deletion);
});

t.test('a watch without a version begins with what there is', async (t) => {
  const api = await startApi(t);
  api.store.set(podOf('a'));
  const watch = await openWatch(t, api, 'resourceVersion=0');
  t.match(await watch.next(), { type: 'ADDED', object: { metadata: { name: 'a' } } });
  api.store.set(podOf('b'));
  t.match(await watch.next(), { type: 'ADDED', object: { metadata: { name: 'b' } } });
});

t.test('to a watch that selects, an object that begins or ceases to match is added or deleted', async (t) => {
  const api = await startApi(t);
  const watch = await openWatch(t, api, `resourceVersion=${api.store.version}&fieldSelector=spec.nodeName%3Dn1`);
  api.store.set(podOf('a'));
  api.store.set(podOf('a', { nodeName: 'n1' }));
  t.match(await watch.next(), { type: 'ADDED', object: { metadata: { name: 'a' } } });
  api.store.set(podOf('a', { nodeName: 'n2' }));
  t.match(await watch.next(), { type: 'DELETED', object: { metadata: { name: 'a' } } });
});

t.test('a version that is forgotten is answered by an ERROR event with 410', async (t) => {
  const api = await startApi(t);
  const old = api.store.version;
  api.store.compact();
  const watch = await openWatch(t, api, `resourceVersion=${old}`);
  t.match(await watch.next(), { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } });
  t.equal(await watch.next(), null, 'and the watch ends');
});

t.test('the history of changes is bounded', async (t) => {
  const api = await startApi(t, { historyLength: 5 });
  const old = api.store.version;
  for (let i = 0; i < 20; i++) api.store.set(podOf('a', { nodeName: `n${i}` }));
  const watch = await openWatch(t, api, `resourceVersion=${old}`);
  t.match(await watch.next(), { type: 'ERROR', object: { code: 410 } });
});

t.test('bookmarks tell the version while nothing that is watched changes, to those who ask for them', async (t) => {
  const api = await startApi(t, { bookmarkEveryMs: 10 });
  const watch = await openWatch(t, api, `resourceVersion=${api.store.version}&allowWatchBookmarks=true`);
  api.store.set({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  const version = String(api.store.version);
  let event = await watch.next();
  while (event?.object.metadata.resourceVersion !== version) event = await watch.next();
  t.match(event, { type: 'BOOKMARK', object: { kind: 'Pod', apiVersion: 'v1' } });
});

t.test('initial events end with a bookmark that says so', async (t) => {
  const api = await startApi(t);
  api.store.set(podOf('a'));
  const ask = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
  const watch = await openWatch(t, api, ask);
  t.match(await watch.next(), { type: 'ADDED' });
  const annotations = { 'k8s.io/initial-events-end': 'true' };
  t.match(await watch.next(), { type: 'BOOKMARK', object: { metadata: { annotations } } });
  const refused = await fetch(`${api.url}/api/v1/pods?watch=true&sendInitialEvents=true`);
  t.equal(refused.status, 422);
});

t.test('a watch ends when its time is over', async (t) => {
  const api = await startApi(t);
  const watch = await openWatch(t, api, `resourceVersion=${api.store.version}&timeoutSeconds=1`);
  t.equal(await watch.next(), null);
});

t.test('who brings no token, or may not, is told so', async (t) => {
  const api = await startApi(t, { token: 'secret' });
  t.match(await ask<Status>(api, '/api/v1/pods'), { code: 401, body: { reason: 'Unauthorized' } });
  const authorization = 'Bearer secret';
  t.equal((await ask(api, '/api/v1/pods', { authorization })).code, 200);
  api.gate.denied.add('list pods');
  const denied = await ask<Status>(api, '/api/v1/pods', { authorization });
  t.match(denied, {
    code: 403,
    body: { message: /pods is forbidden: .* cannot list resource "pods" in API group ""/ },
  });
});

t.test('discovery names what is installed', async (t) => {
  const api = await startApi(t);
  const groups = async () => {
    const { body } = await ask<{ groups: { name: string }[] }>(api, '/apis');
    return body.groups.map(({ name }) => name);
  };
  t.ok((await groups()).includes('networking.k8s.io'));
  t.notOk((await groups()).includes('cilium.io'));
  api.install('cilium.io/v2');
  t.ok((await groups()).includes('cilium.io'));
  const { body } = await ask<{ resources: object[] }>(api, '/apis/cilium.io/v2');
  t.match(body.resources[0], { name: 'ciliumnetworkpolicies', kind: 'CiliumNetworkPolicy', namespaced: true });
  t.match((await ask<object>(api, '/api/v1')).body, { kind: 'APIResourceList', groupVersion: 'v1' });
  t.match((await ask<object>(api, '/apis/apps')).body, { kind: 'APIGroup', name: 'apps' });
});

t.test('an ordered 429 names how long to wait', async (t) => {
  const api = await startApi(t);
  api.faults.plan({ type: 'status', code: 429, retryAfterSeconds: 7 });
  const answer = await ask<Status>(api, '/api/v1/pods');
  t.match(answer, { code: 429, body: { reason: 'TooManyRequests' } });
  t.equal(answer.headers.get('retry-after'), '7');
  t.equal((await ask(api, '/api/v1/pods')).code, 200, 'once');
});

t.test('a server that starts again remembers no version of before', async (t) => {
  const before = await startApi(t);
  const old = before.store.version;
  await before.close();
  await new Promise((resolve) => setTimeout(resolve, 5));
  const api = await startApi(t);
  const watch = await openWatch(t, api, `resourceVersion=${old}`);
  t.match(await watch.next(), { type: 'ERROR', object: { code: 410 } });
});
