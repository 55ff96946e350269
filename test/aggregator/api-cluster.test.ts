import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { apiResources } from '../../aggregator/kube/api-resources.ts';
import { ApiCluster } from '../../aggregator/kube/api.ts';
import type { ObjectChange } from '../../core/kubernetes.ts';
import { workloadsOf } from '../../core/workload.ts';
import type { NewObject } from '../../lab/kube-api/object-store.ts';
import { groupVersionOf, knownResources } from '../../lab/kube-api/resources.ts';
import { KubeApi, type KubeApiOptions } from '../../lab/kube-api/server.ts';
import { accessTo, FakePace } from '../kube/reflecting.ts';
import { podYaml } from './cluster-fixture.ts';

const installed = [...new Set(knownResources.filter(({ custom }) => custom).map(groupVersionOf))];

function object(apiVersion: string, kind: string, name: string, more: object = {}): NewObject {
  return { apiVersion, kind, metadata: { name, namespace: 'shop' }, ...more };
}

/** The objects of a pod with its Deployment, as the API has them. */
function podObjects(name: string, deployment: string, ip = '10.1.0.1'): NewObject[] {
  const versions: Readonly<Record<string, string>> = { Pod: 'v1', ReplicaSet: 'apps/v1', Deployment: 'apps/v1' };
  const texts = podYaml({ name, ip, deployment }).split('\n---\n');
  return texts.map((text) => {
    const parsed = JSON.parse(text) as NewObject;
    return { ...parsed, apiVersion: versions[parsed.kind] ?? '' };
  });
}

async function watchCluster(
  t: Test,
  options: KubeApiOptions = {},
  prepare: (api: KubeApi) => void = () => undefined,
): Promise<{ api: KubeApi; cluster: ApiCluster; pace: FakePace }> {
  const api = await KubeApi.start(options);
  prepare(api);
  const pace = new FakePace();
  const cluster = new ApiCluster({ access: accessTo(api.url), pace, log: pino({ level: 'silent' }) });
  t.teardown(async () => {
    cluster.close();
    await api.close();
  });
  return { api, cluster, pace };
}

/** Resolves when the condition holds, looked at after each change. */
function until(cluster: ApiCluster, condition: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!condition()) return;
      unsubscribe();
      resolve();
    };
    const unsubscribe = cluster.onChange(look);
    look();
  });
}

/** The least that a policy of the whole cluster must say; every other kind may say nothing. */
function specOf(kind: string): object {
  const subject = { namespaces: {} };
  if (kind === 'AdminNetworkPolicy') return { priority: 1, subject };
  if (kind === 'BaselineAdminNetworkPolicy') return { subject };
  return kind === 'ClusterNetworkPolicy' ? { tier: 'Admin', priority: 1, subject } : {};
}

t.test('every kind that the server knows and Weir reads is watched, under its path', async (t) => {
  const objects = knownResources.map(({ kind, namespaced, ...resource }) => {
    const spec = kind === 'NetworkPolicy' && !resource.custom ? { spec: { podSelector: {} } } : { spec: specOf(kind) };
    const slice = kind === 'EndpointSlice' ? { addressType: 'IPv4' } : {};
    const blocks = kind === 'ServiceCIDR' ? { spec: { cidrs: ['10.96.0.0/16'] } } : {};
    const name = kind === 'BaselineAdminNetworkPolicy' ? 'default' : `the-${resource.name}`;
    const made = object(groupVersionOf(resource), kind, name, { ...spec, ...slice, ...blocks });
    return namespaced ? made : { ...made, metadata: { name: made.metadata.name } };
  });
  const { cluster } = await watchCluster(t, { installed }, ({ store }) => objects.forEach((each) => store.set(each)));
  await cluster.known;
  const snapshot = cluster.snapshot();
  const { controllers, otherPolicies, clusterPolicies, ...single } = snapshot;
  for (const [name, each] of Object.entries(single)) t.equal(each.length, 1, name);
  t.strictSame(controllers.map(({ kind }) => kind).toSorted(), [
    'CronJob',
    'DaemonSet',
    'Deployment',
    'Job',
    'ReplicaSet',
    'ReplicationController',
    'StatefulSet',
  ]);
  t.strictSame(
    clusterPolicies.map(({ kind }) => kind),
    ['AdminNetworkPolicy', 'BaselineAdminNetworkPolicy', 'ClusterNetworkPolicy'],
  );
  t.strictSame(otherPolicies.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`).toSorted(), [
    'cilium.io/v2 CiliumClusterwideNetworkPolicy',
    'cilium.io/v2 CiliumNetworkPolicy',
    'projectcalico.org/v3 GlobalNetworkPolicy',
    'projectcalico.org/v3 NetworkPolicy',
    'projectcalico.org/v3 StagedNetworkPolicy',
  ]);
  t.strictSame(cluster.problems(), []);
});

t.test('the state is known when all lists are in, and kinds that are not installed hold nothing up', async (t) => {
  const { api, cluster } = await watchCluster(t, {}, ({ store, faults }) => {
    for (const each of podObjects('cart-1', 'cart')) store.set(each);
    faults.plan({ type: 'status', code: 503 }, 3, ({ path }) => path.endsWith('/cronjobs'));
  });
  let isKnown = false;
  void cluster.known.then(() => {
    isKnown = true;
  });
  await until(cluster, () => cluster.problems().some((problem) => /^cronjobs.batch: .* 503/.test(problem)));
  t.notOk(isKnown);
  await cluster.known;
  t.strictSame(cluster.problems(), []);
  t.match(
    workloadsOf(cluster.snapshot()).map(({ ref, pods }) => [ref.kind, ref.name, pods.length]),
    [['Deployment', 'cart', 1]],
  );
  t.equal(api.requests.filter((each) => each.startsWith('/api/v1/pods?limit')).length, 1);
});

t.test('changes are told with what was before', async (t) => {
  const { api, cluster } = await watchCluster(t);
  await cluster.known;
  const changes: ObjectChange[] = [];
  cluster.onChange((more) => changes.push(...more));
  const [pod] = podObjects('cart-1', 'cart') as [NewObject];
  api.store.set(pod);
  api.store.set({ ...pod, status: { phase: 'Succeeded' } });
  api.store.set({ ...pod, status: { phase: 'Succeeded' }, metadata: { ...pod.metadata, annotations: { a: 'b' } } });
  api.store.delete(pod);
  await until(cluster, () => changes.length >= 3);
  t.match(
    changes.map(({ before, after }) => [before?.metadata.name, after?.metadata.name]),
    [
      [undefined, 'cart-1'],
      ['cart-1', 'cart-1'],
      ['cart-1', undefined],
    ],
    'what nobody reads is no change',
  );
});

t.test('a policy of another kind does not take the place of a NetworkPolicy with its name', async (t) => {
  const { api, cluster } = await watchCluster(t, { installed: ['projectcalico.org/v3'] });
  await cluster.known;
  api.store.set(object('networking.k8s.io/v1', 'NetworkPolicy', 'p', { spec: { podSelector: {} } }));
  api.store.set(object('projectcalico.org/v3', 'NetworkPolicy', 'p', { spec: { selector: 'all()' } }));
  await until(cluster, () => cluster.snapshot().networkPolicies.length + cluster.snapshot().otherPolicies.length === 2);
  api.store.delete(object('projectcalico.org/v3', 'NetworkPolicy', 'p'));
  await until(cluster, () => cluster.snapshot().otherPolicies.length === 0);
  t.equal(cluster.snapshot().networkPolicies.length, 1);
});

t.test('a kind that is installed later is watched from then on', async (t) => {
  const { api, cluster } = await watchCluster(t);
  await cluster.known;
  api.store.set(object('cilium.io/v2', 'CiliumNetworkPolicy', 'p', { spec: {} }));
  api.install('cilium.io/v2');
  await until(cluster, () => cluster.snapshot().otherPolicies.length === 1);
  t.match(cluster.snapshot().otherPolicies, [{ body: { spec: {} } }]);
});

t.test('what is wrong with an object, or may not be read, is named', async (t) => {
  const { api, cluster } = await watchCluster(t, {}, ({ store, gate }) => {
    store.set(object('networking.k8s.io/v1', 'NetworkPolicy', 'odd', { spec: { podSelector: {}, colour: 'red' } }));
    gate.denied.add('list nodes');
  });
  await until(cluster, () => cluster.problems().length >= 2 && !cluster.problems().join().includes('not in yet'));
  const [nodes, policy] = cluster
    .problems()
    .toSorted((a, b) => (a < b ? 1 : -1))
    .reverse();
  t.match(policy, /^nodes: .*403.*; its ClusterRole needs the verbs get, list and watch on nodes; since 1970-/);
  t.match(nodes, /^networkpolicies.networking.k8s.io shop\/odd: spec: Unrecognized key: "colour"/);
  api.gate.denied.clear();
  await cluster.known;
});

t.test('pods of one workload share what they have in common', async (t) => {
  const { cluster } = await watchCluster(t, {}, ({ store }) => {
    for (const name of ['cart-1', 'cart-2']) for (const each of podObjects(name, 'cart')) store.set(each);
  });
  await cluster.known;
  const [first, second] = cluster.snapshot().pods;
  t.ok(first !== undefined && second !== undefined);
  t.equal(first?.metadata.labels, second?.metadata.labels);
  t.equal(first?.metadata.ownerReferences, second?.metadata.ownerReferences);
  t.equal(first?.spec.containers, second?.spec.containers);
});

t.test('the documentation names every resource that is watched', async (t) => {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/ARCHITECTURE.md'), 'utf8');
  for (const { name } of apiResources) t.ok(text.includes(`\`${name.replace(/\..*/, '')}\``), name);
  t.equal(new Set(apiResources.map(({ path }) => path)).size, apiResources.length);
});
