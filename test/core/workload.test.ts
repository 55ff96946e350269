import t from 'tap';
import { parseManifests, snapshotOf } from '../../core/manifest.ts';
import { OwnerIndex, workloadsOf } from '../../core/workload.ts';

function cluster(text: string) {
  const { objects, problems } = parseManifests(text, 'cluster.yaml');
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  return snapshotOf(objects.map((each) => each.object));
}

function object(kind: string, name: string, owner: string | null, rest: Record<string, unknown> = {}): string {
  const [ownerKind = '', ownerName = ''] = owner?.split('/') ?? [];
  const ownerReferences = owner === null ? [] : [{ kind: ownerKind, name: ownerName, uid: 'u', controller: true }];
  return `${JSON.stringify({ kind, metadata: { name, namespace: 'shop', labels: { app: name }, ownerReferences }, ...rest })}\n---\n`;
}

function template(app: string) {
  return { spec: { template: { metadata: { labels: { app } }, spec: { containers: [] } } } };
}

function refs(text: string): string[] {
  return workloadsOf(cluster(text)).map(({ ref, pods }) => `${ref.kind}/${ref.name}:${pods.length}`);
}

t.test('pods fold into the Deployment above their ReplicaSets, old and new', (t) => {
  const text =
    object('Deployment', 'cart', null, template('cart')) +
    object('ReplicaSet', 'cart-1', 'Deployment/cart', template('cart')) +
    object('ReplicaSet', 'cart-2', 'Deployment/cart', template('cart')) +
    object('Pod', 'cart-1-a', 'ReplicaSet/cart-1') +
    object('Pod', 'cart-2-a', 'ReplicaSet/cart-2');
  t.same(refs(text), ['Deployment/cart:2']);
  t.end();
});

t.test('a Job of a CronJob folds into it, and a finished pod is no pod of it', (t) => {
  const cron = { spec: { jobTemplate: { spec: template('report').spec } } };
  const text =
    object('CronJob', 'report', null, cron) +
    object('Job', 'report-1', 'CronJob/report', template('report')) +
    object('Pod', 'report-1-x', 'Job/report-1', { status: { phase: 'Succeeded' } });
  t.same(refs(text), ['CronJob/report:0']);
  const [workload] = workloadsOf(cluster(text));
  t.equal(workload?.hasTemplate, true);
  t.same(workload?.labels, { app: 'report' });
  t.end();
});

t.test('a Job without a CronJob and a pod without an owner stand for themselves', (t) => {
  t.same(refs(object('Job', 'once', null, template('once')) + object('Pod', 'alone', null)), [
    'Job/once:0',
    'Pod/alone:1',
  ]);
  t.end();
});

t.test('a static pod is not the workload of its node', (t) => {
  t.same(refs(object('Pod', 'etcd-n1', 'Node/n1')), ['Pod/etcd-n1:1']);
  t.end();
});

t.test('what owns a Deployment does not merge it with others', (t) => {
  const text =
    object('Deployment', 'server', 'ArgoCD/main', template('server')) +
    object('Deployment', 'redis', 'ArgoCD/main', template('redis'));
  t.same(refs(text), ['Deployment/redis:0', 'Deployment/server:0']);
  t.end();
});

t.test('a custom controller above a ReplicaSet is the workload, with the template below it', (t) => {
  const text =
    object('ReplicaSet', 'web-1', 'Rollout/web', template('web')) + object('Pod', 'web-1-a', 'ReplicaSet/web-1');
  t.same(refs(text), ['Rollout/web:1']);
  const [workload] = workloadsOf(cluster(text));
  t.equal(workload?.hasTemplate, true);
  t.end();
});

t.test('an owner that is not at hand is known by its reference', (t) => {
  t.same(refs(object('Pod', 'db-0', 'StatefulSet/db')), ['StatefulSet/db:1']);
  t.end();
});

t.test('the controlling owner counts, not the first that is listed', (t) => {
  const ownerReferences = [
    { kind: 'ConfigMap', name: 'x', uid: 'u' },
    { kind: 'DaemonSet', name: 'logs', uid: 'v', controller: true },
  ];
  t.same(refs(JSON.stringify({ kind: 'Pod', metadata: { name: 'logs-1', namespace: 'shop', ownerReferences } })), [
    'DaemonSet/logs:1',
  ]);
  t.end();
});

t.test('a cycle of owners ends', (t) => {
  const text =
    object('ReplicaSet', 'a', 'ReplicaSet/b') +
    object('ReplicaSet', 'b', 'ReplicaSet/a') +
    object('Pod', 'p', 'ReplicaSet/a');
  const snapshot = cluster(text);
  const owners = new OwnerIndex(snapshot.controllers);
  const pod = snapshot.pods[0];
  t.ok(pod);
  t.equal(pod && owners.workloadOf(pod).kind, 'ReplicaSet');
  t.end();
});

t.test('workloads of one name in two namespaces are two', (t) => {
  const of = (namespace: string) =>
    `${JSON.stringify({ kind: 'Deployment', metadata: { name: 'web', namespace } })}\n---\n`;
  const found = workloadsOf(cluster(of('blue') + of('green')));
  t.same(
    found.map(({ ref }) => ref.namespace),
    ['blue', 'green'],
  );
  t.end();
});
