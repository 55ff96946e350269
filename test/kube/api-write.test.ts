import t, { type Test } from 'tap';
import { KubeApi } from '../../lab/kube-api/server.ts';
import { schemaFaults } from '../chart/kubernetes-types.ts';

/*
 * That the lab's server takes writes as the real one does
 * (https://kubernetes.io/docs/reference/using-api/api-concepts/, .../server-side-apply/).
 */

interface Answer {
  readonly code: number;
  readonly body: { readonly metadata: Readonly<Record<string, unknown>>; readonly spec?: unknown };
}

async function setUp(t: Test) {
  const api = await KubeApi.start({ schema: schemaFaults });
  t.teardown(() => api.close());
  api.store.set({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  const ask = async (method: string, path: string, body: object, type = 'application/json'): Promise<Answer> => {
    const headers = { 'content-type': type, 'user-agent': 'kubectl/v1 (test)' };
    const response = await fetch(api.url + path, { method, headers, body: JSON.stringify(body) });
    return { code: response.status, body: (await response.json()) as Answer['body'] };
  };
  const apply = (path: string, body: object, manager: string, force = false) =>
    ask('PATCH', `${path}?fieldManager=${manager}&force=${force}`, body, 'application/apply-patch+yaml');
  return { api, ask, apply };
}

const maps = '/api/v1/namespaces/shop/configmaps';
const mapOf = (data: object) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data });
const labels = { app: 'a' };
const container = (name: string, more: object = {}) => ({ name, image: 'x', ...more });
const deploymentOf = (containers: readonly object[]) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'a' },
  spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
});
const deployments = '/apis/apps/v1/namespaces/shop/deployments';

t.test('an object is created once, changed at the version that it has, and deleted', async (t) => {
  const { ask } = await setUp(t);
  const made = await ask('POST', maps, mapOf({ x: '1' }));
  t.match(made, { code: 201, body: { data: { x: '1' }, metadata: { name: 'a', namespace: 'shop', uid: String } } });
  t.match(await ask('POST', maps, mapOf({})), { code: 409, body: { reason: 'AlreadyExists' } });
  const { resourceVersion } = made.body.metadata;
  const change = (version: unknown, x: string) => ({
    ...mapOf({ x }),
    metadata: { name: 'a', resourceVersion: version },
  });
  t.match(await ask('PUT', `${maps}/a`, change(resourceVersion, '2')), { code: 200, body: { data: { x: '2' } } });
  t.match(await ask('PUT', `${maps}/a`, change(resourceVersion, '3')), { code: 409, body: { reason: 'Conflict' } });
  t.match(await ask('DELETE', `${maps}/a?dryRun=All`, {}), { code: 200 });
  t.match(await ask('DELETE', `${maps}/a`, {}), { code: 200, body: { status: 'Success' } });
  t.match(await ask('DELETE', `${maps}/a`, {}), { code: 404, body: { reason: 'NotFound' } });
});

t.test('what is not as the schema says, or not allowed beside it, is refused', async (t) => {
  const { api, ask } = await setUp(t);
  const refused = async (path: string, body: object, code: number, message: RegExp) =>
    t.match(await ask('POST', path, body), { code, body: { message } });
  await refused(maps, { ...mapOf({}), datum: {} }, 400, /strict decoding error: unknown field "datum"/);
  await refused(maps, mapOf({ x: 1 }), 400, /data.x: 1 is no string/);
  await refused('/api/v1/namespaces/none/configmaps', mapOf({}), 404, /namespaces "none" not found/);
  await refused(maps, { ...mapOf({}), metadata: { name: 'Not a name' } }, 422, /metadata.name: Invalid value/);
  await refused(maps, { ...mapOf({}), metadata: { name: 'b', labels: { a: 'x y' } } }, 422, /labels: Invalid value/);
  await refused(
    deployments,
    deploymentOf([container('a', { volumeMounts: [{ name: 'v', mountPath: '/v' }] })]),
    422,
    /"v"/,
  );
  const made = deploymentOf([container('a')]);
  await refused(
    deployments,
    { ...made, spec: { ...made.spec, selector: { matchLabels: { app: 'b' } } } },
    422,
    /labels/,
  );
  t.equal((await ask('POST', deployments, made)).code, 201);
  const other = { spec: { selector: { matchLabels: { app: 'b' } }, template: { metadata: { labels: { app: 'b' } } } } };
  const changed = await ask('PATCH', `${deployments}/a`, other, 'application/merge-patch+json');
  t.match(changed, { code: 422, body: { message: /spec.selector: Invalid value: field is immutable/ } });
  t.equal(api.store.all().length, 2);
});

t.test('a strategic merge patch goes into lists that are maps', async (t) => {
  const { ask } = await setUp(t);
  await ask('POST', deployments, deploymentOf([container('a', { args: ['1'] }), container('b')]));
  const inPod = (spec: object) => ({ spec: { template: { spec } } });
  const patch = inPod({
    '$setElementOrder/containers': [{ name: 'c' }, { name: 'a' }],
    containers: [
      { name: 'a', args: ['2'], image: null },
      { name: 'b', $patch: 'delete' },
      { name: 'c', image: 'y' },
    ],
  });
  const { body } = await ask('PATCH', `${deployments}/a`, patch, 'application/strategic-merge-patch+json');
  t.match(
    body,
    inPod({
      containers: [
        { name: 'c', image: 'y' },
        { name: 'a', args: ['2'] },
      ],
    }),
  );
  t.match(body, { metadata: { generation: 2 } });
});

t.test('what is applied is merged, and what is applied no more is taken away, unless others own it', async (t) => {
  const { ask, apply } = await setUp(t);
  const path = `${deployments}/a`;
  const wanted = deploymentOf([container('a', { env: [{ name: 'X', value: '1' }] }), container('b')]);
  t.match(await apply(path, wanted, 'helm'), { code: 201 });
  await ask(
    'PATCH',
    path,
    { metadata: { annotations: { note: 'x' } }, spec: { replicas: 5 } },
    'application/merge-patch+json',
  );
  const { body } = await apply(path, deploymentOf([container('a', { image: 'y' })]), 'helm');
  t.match(body, { spec: { replicas: 5 }, metadata: { annotations: { note: 'x' } } });
  const { containers } = (body.spec as { template: { spec: { containers: object[] } } }).template.spec;
  t.strictSame(containers, [{ name: 'a', image: 'y' }]);
});

t.test('what others own is taken from them by force only', async (t) => {
  const { ask, apply } = await setUp(t);
  await apply(`${maps}/a`, mapOf({ x: '1', y: '1' }), 'helm');
  await ask('PATCH', `${maps}/a`, { data: { x: '2' } }, 'application/merge-patch+json');
  const wanted = mapOf({ x: '3', y: '1' });
  const refused = await apply(`${maps}/a`, wanted, 'helm');
  t.match(refused, {
    code: 409,
    body: { message: /Apply failed with 1 conflict: conflict with "kubectl": f:dataf:x/ },
  });
  t.match(await apply(`${maps}/a`, wanted, 'helm', true), { code: 200, body: { data: { x: '3' } } });
  t.match(await apply(`${maps}/a`, mapOf({}), 'helm'), { code: 200, body: { data: undefined } });
});
