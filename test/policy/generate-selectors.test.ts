import t from 'tap';
import type { Labels } from '../../core/kubernetes.ts';
import type { LabelChoice } from '../../core/settings.ts';
import { generate } from '../../policy/generate/generate.ts';
import { cluster, deploy, edge } from './clusters.ts';

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

t.test('only labels that the settings let be used are selected on', (t) => {
  const labels = { app: 'a', 'app.kubernetes.io/name': 'a', 'example.com/x': 'a' };
  const chosen = (workloadLabels: LabelChoice) => {
    const { policies, skipped } = generate({
      cluster: cluster(deploy('a', { labels })),
      edges: [],
      scope: everywhere,
      directions: ['ingress'],
      options: { workloadLabels },
    });
    return policies[0]?.policy.spec.podSelector.matchLabels ?? skipped[0]?.reason;
  };
  t.same(chosen({ include: [], exclude: ['app.kubernetes.io/*'] }), { app: 'a' });
  t.same(chosen({ include: ['example.com/*'], exclude: [] }), { 'example.com/x': 'a' });
  t.match(chosen({ include: ['none'], exclude: [] }), /may be used/);
  t.end();
});

t.test('a label that changes with a release is used when the settings name it, and not for a pattern', (t) => {
  const labels = { version: '1' };
  const chosen = (include: string[]) =>
    generate({
      cluster: cluster(deploy('a', { labels })),
      edges: [],
      scope: everywhere,
      directions: ['ingress'],
      options: { workloadLabels: { include, exclude: [] } },
    }).policies.length;
  t.equal(chosen(['version']), 1);
  t.equal(chosen(['vers*']), 0);
  t.end();
});

t.test('a namespace is named by other labels where its name may not be used, and whom that catches is told', (t) => {
  const namespace = (name: string, team: string) => [{ kind: 'Namespace', metadata: { name, labels: { team } } }];
  const objects = [
    namespace('data', 'red'),
    namespace('lake', 'red'),
    deploy('web'),
    deploy('redis', { namespace: 'data' }),
    deploy('redis', { namespace: 'lake' }),
  ];
  const { policies } = generate({
    cluster: cluster(...objects),
    edges: [edge('web', 'data/Deployment/redis', 6379)],
    scope: { namespace: 'shop', workload: null },
    directions: ['egress'],
    options: { namespaceLabels: { include: ['team'], exclude: [] } },
  });
  t.match(policies[0]?.policy.spec.egress?.[0]?.to, [{ namespaceSelector: { matchLabels: { team: 'red' } } }]);
  t.same(policies[0]?.rules[0]?.alsoAllows, [{ namespace: 'lake', kind: 'Deployment', name: 'redis' }]);
  t.end();
});

t.test('owners that own each other end somewhere, and make a policy', (t) => {
  const owned = (name: string, by: string) => ({
    kind: 'ReplicaSet',
    metadata: {
      name,
      namespace: 'shop',
      ownerReferences: [{ kind: 'ReplicaSet', name: by, uid: 'u', controller: true }],
    },
    spec: { template: { metadata: { labels: { app: 'a' } }, spec: { containers: [] } } },
  });
  t.ok(generated([owned('a', 'b'), owned('b', 'a')]).policies.length > 0);
  t.end();
});
