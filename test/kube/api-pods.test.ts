import t, { type Test } from 'tap';
import { KubeApi } from '../../lab/kube-api/server.ts';
import { schemaFaults } from '../chart/kubernetes-types.ts';

/* That the lab's server deletes, evicts and scales pods as the real one does. */

interface Answer {
  readonly code: number;
  readonly body: object;
}

const pods = '/api/v1/namespaces/shop/pods';
const labels = { app: 'a' };

async function setUp(t: Test) {
  const api = await KubeApi.start({ schema: schemaFaults, hasKubelets: true });
  t.teardown(() => api.close());
  api.store.set({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  const ask = async (method: string, path: string, body: object, type = 'application/json'): Promise<Answer> => {
    const response = await fetch(api.url + path, {
      method,
      headers: { 'content-type': type },
      body: JSON.stringify(body),
    });
    return { code: response.status, body: (await response.json()) as object };
  };
  const addPod = (name: string, nodeName: string | null = 'n1', ready = true) => {
    const status = { phase: 'Running', conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] };
    const spec = { containers: [], terminationGracePeriodSeconds: 7, ...(nodeName === null ? {} : { nodeName }) };
    return api.store.set({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'shop', labels },
      spec,
      status,
    });
  };
  const left = () =>
    api.store
      .all()
      .filter(({ kind, metadata }) => kind === 'Pod' && metadata['deletionTimestamp'] === undefined)
      .map(({ metadata }) => metadata.name);
  const evict = (name: string) =>
    ask('POST', `${pods}/${name}/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } });
  /** A budget with what its controller says of it. */
  const setBudget = (status: object, more: object = {}, name = 'budget') => {
    const metadata = { name, namespace: 'shop', generation: 1 };
    const spec = { maxUnavailable: 1, selector: { matchLabels: labels }, ...more };
    api.store.set({ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata, spec, status });
  };
  return { api, ask, addPod, left, evict, setBudget };
}

t.test('a pod on a node is there until it has ended, unless it is to go at once', async (t) => {
  const { api, ask, addPod, left } = await setUp(t);
  for (const name of ['a', 'b']) addPod(name);
  addPod('waiting', null);
  const marked = { metadata: { deletionTimestamp: String, deletionGracePeriodSeconds: 7 } };
  t.match(await ask('DELETE', `${pods}/a`, {}), { code: 200, body: marked });
  t.match(await ask('DELETE', `${pods}/b`, { gracePeriodSeconds: 0 }), { code: 200, body: { status: 'Success' } });
  t.match(await ask('DELETE', `${pods}/waiting`, {}), { code: 200, body: { status: 'Success' } });
  t.strictSame(left(), []);
  t.equal(api.store.all().filter(({ kind }) => kind === 'Pod').length, 1);
});

t.test('evictions stop where the budget of the pods is spent', async (t) => {
  const { addPod, left, evict, setBudget } = await setUp(t);
  for (const name of ['a', 'b', 'c']) addPod(name);
  setBudget({ observedGeneration: 0 });
  t.match(await evict('a'), { code: 429, body: { message: /not worked out yet/ } });
  const healthy = { observedGeneration: 1, currentHealthy: 3, desiredHealthy: 2 };
  setBudget({ ...healthy, disruptionsAllowed: 1 });
  t.match(await evict('a'), { code: 201, body: { status: 'Success' } });
  t.match(await evict('a'), { code: 201 }, 'one that is ending already costs nothing');
  t.match(await evict('b'), {
    code: 429,
    body: {
      reason: 'TooManyRequests',
      message: "Cannot evict pod as it would violate the pod's disruption budget.",
      details: { causes: [{ reason: 'DisruptionBudget', message: /budget needs 2 healthy pods and has 3 currently/ }] },
    },
  });
  t.strictSame(left(), ['b', 'c']);
  addPod('broken', 'n1', false);
  t.match(await evict('broken'), { code: 201 }, 'one that serves nobody may go as long as enough others do');
  const unwell = { ...healthy, currentHealthy: 1, disruptionsAllowed: 0 };
  setBudget(unwell);
  addPod('broken-too', 'n1', false);
  t.match(await evict('broken-too'), { code: 429 }, 'unless too few do');
  setBudget(unwell, { unhealthyPodEvictionPolicy: 'AlwaysAllow' });
  t.match(await evict('broken-too'), { code: 201 }, 'which the budget may leave aside');
  setBudget({ ...healthy, disruptionsAllowed: 1 }, {}, 'another');
  t.match(await evict('b'), { code: 500, body: { message: /more than one PodDisruptionBudget/ } });
  t.match(await evict('nobody'), { code: 404 });
});

t.test('a workload is scaled without the rest of it', async (t) => {
  const { ask } = await setUp(t);
  const path = '/apis/apps/v1/namespaces/shop/deployments';
  await ask('POST', path, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'a' },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'a', image: 'x' }] } },
    },
  });
  const scale = (replicas: unknown) =>
    ask('PATCH', `${path}/a/scale`, { spec: { replicas } }, 'application/merge-patch+json');
  const scaled = { kind: 'Scale', spec: { replicas: 4 }, status: { selector: 'app=a' } };
  t.match(await scale(4), { code: 200, body: scaled });
  const got = await ask('PUT', `${path}/a/scale`, { spec: { replicas: 4 } });
  t.match(got, { code: 200, body: scaled });
  t.match(await scale(-1), { code: 422, body: { message: /spec.replicas/ } });
  t.match(await ask('PATCH', `${path}/b/scale`, {}, 'application/merge-patch+json'), { code: 404 });
  t.match(await ask('PATCH', '/api/v1/namespaces/shop/pods/a/scale', {}, 'application/merge-patch+json'), {
    code: 404,
  });
});
