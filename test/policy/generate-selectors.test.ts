import t from 'tap';
import type { Labels } from '../../core/kubernetes.ts';
import { generate } from '../../policy/generate.ts';
import { cluster, deploy } from './clusters.ts';

const everywhere = { namespace: null, workload: null };

function generated(...objects: readonly (readonly object[])[]) {
  return generate({ cluster: cluster(...objects), edges: [], scope: everywhere, directions: ['ingress'] });
}

function selectorOf(name: string, ...objects: readonly (readonly object[])[]): Labels | undefined {
  const found = generated(...objects).policies.find(({ workload }) => workload.name === name);
  return found?.policy.spec.podSelector.matchLabels;
}

t.test('labels that change with a rollout or a replica are never selected on', (t) => {
  const unstable = {
    'pod-template-hash': '1',
    'controller-revision-hash': '1',
    'statefulset.kubernetes.io/pod-name': 'a-0',
    'apps.kubernetes.io/pod-index': '0',
    'controller-uid': '1',
    'batch.kubernetes.io/job-name': 'a',
    'batch.kubernetes.io/controller-uid': '1',
    'job-name': 'a',
    'helm.sh/chart': 'a-1',
    'app.kubernetes.io/version': '1',
    'app.kubernetes.io/managed-by': 'Helm',
    version: '1',
  };
  t.same(selectorOf('a', deploy('a', { labels: { ...unstable, zone: 'z' }, pods: [] })), { zone: 'z' });
  const { policies, skipped } = generated(deploy('a', { labels: unstable }));
  t.same(policies, []);
  t.match(skipped, [{ workload: { name: 'a' }, reason: /no label that outlives a rollout/ }]);
  t.end();
});

t.test('the label that names a workload best is preferred', (t) => {
  const labels = { app: 'a', name: 'a', other: 'a', 'k8s-app': 'a', 'app.kubernetes.io/name': 'a' };
  t.same(selectorOf('a', deploy('a', { labels })), { 'app.kubernetes.io/name': 'a' });
  t.same(selectorOf('a', deploy('a', { labels: { other: 'a', app: 'a' } })), { app: 'a' });
  t.end();
});

t.test('the set is the smallest that separates the workload from all others of its namespace', (t) => {
  const part = (component: string) => ({ app: 'shop', release: 'r', component });
  t.same(
    selectorOf('cart', deploy('cart', { labels: part('cart') }), deploy('ads', { labels: part('ads') })),
    { component: 'cart' },
    'one label is enough',
  );
  const both = [
    deploy('cart', { labels: { app: 'cart', tier: 'web' } }),
    deploy('cart-db', { labels: { app: 'cart', tier: 'db' } }),
    deploy('web', { labels: { app: 'web', tier: 'web' } }),
  ];
  t.same(selectorOf('cart', ...both), { app: 'cart', tier: 'web' }, 'two are needed');
  t.end();
});

t.test('a workload of another namespace needs no separating', (t) => {
  const labels = { app: 'web', tier: 'x' };
  t.same(selectorOf('web', deploy('web', { labels }), deploy('other', { namespace: 'blue', labels })), { app: 'web' });
  t.end();
});

t.test('a label must be common to the template and all pods, of old ReplicaSets too', (t) => {
  const pods = [
    { app: 'cart', track: 'new' },
    { app: 'cart', track: 'old' },
  ];
  const others = deploy('other', { labels: { app: 'cart', track: 'other' } });
  const found = generated(deploy('cart', { labels: { app: 'cart', track: 'new' }, pods }), others).policies[0];
  t.same(found?.policy.spec.podSelector.matchLabels, { app: 'cart' }, 'track would lose the old pods');
  t.match(found?.alsoSelects, [{ name: 'other' }]);
  t.match(found?.notes, [/also selects shop\/deployment\/other/, /denied/]);
  t.end();
});

t.test('pods and templates of other workloads both count as caught', (t) => {
  const atRest = deploy('job', { kind: 'CronJob', labels: { app: 'a' }, pods: [] });
  const labels = { app: 'a', role: 'api' };
  t.same(selectorOf('api', deploy('api', { labels }), atRest), { role: 'api' });
  t.end();
});

t.test('where no set separates, the others are named and the set catches as few as it can', (t) => {
  const same = { app: 'x', tier: 'y' };
  const { policies } = generated(
    deploy('one', { labels: same }),
    deploy('two', { labels: same }),
    deploy('three', { labels: { app: 'x' } }),
  );
  const one = policies.find(({ workload }) => workload.name === 'one');
  t.same(one?.policy.spec.podSelector.matchLabels, { tier: 'y' });
  t.same(
    one?.alsoSelects.map(({ name }) => name),
    ['two'],
  );
  t.end();
});

t.test('a workload with very many labels is still selected in a moment', (t) => {
  const many = Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`label${index}`, 'x']));
  const but = (...keys: string[]) => ({ ...many, ...Object.fromEntries(keys.map((key) => [key, 'other'])) });
  const needed = ['label11', 'label22', 'label33', 'label44'];
  const others = needed.map((key) => deploy(`without-${key}`, { labels: but(key) }));
  const started = performance.now();
  const selected = selectorOf('many', deploy('many', { labels: many }), ...others);
  t.same(Object.keys(selected ?? {}).sort(), needed);
  t.ok(performance.now() - started < 10_000);
  t.end();
});

t.test('a label that is named like a property of every object separates like any other', (t) => {
  const labels = { constructor: 'x' };
  t.same(selectorOf('a', deploy('a', { labels }), deploy('b', { labels: { app: 'b' } })), labels);
  t.end();
});
