import t from 'tap';
import type { Entity, PodRef } from '../../core/identity.ts';
import {
  addressOf,
  clusterOf,
  newIdentity,
  nodeYaml,
  podYaml,
  serviceYaml,
  someReporter,
  type TestIdentity,
} from './cluster-fixture.ts';

const start = Date.parse('2026-03-01T10:00:00Z');
const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const deployment = (name: string): Entity => ({ type: 'workload', namespace: 'shop', kind: 'Deployment', name });
const [pod, set, top] = podYaml({ name: 'cart-1', ip: '10.1.0.1', deployment: 'cart' }).split('\n---\n') as [
  string,
  string,
  string,
];

function whoHad(identity: TestIdentity, address: string, lastSeenUnixMs: number, pod: PodRef = someReporter): Entity {
  const record = { pod, role: 'server', port: 80, protocol: 'TCP', seenAs: null } as const;
  return identity.remote({ ...record, remote: addressOf(address), lastSeenUnixMs }).entity;
}

const reasonOf = (entity: Entity) => (entity.type === 'unresolved' ? entity.reason : entity.type);
const texts = (identity: TestIdentity) => identity.problems().map(({ kind, text }) => `${kind}: ${text}`);

t.test('owners that are shown after their pod name it from its beginning, whatever their order', async (t) => {
  for (const order of [
    [pod, set, top],
    [pod, top, set],
    [top, pod, set],
    [set, pod, top],
  ]) {
    const identity = newIdentity();
    order.forEach((_, i) => identity.update(clusterOf(...order.slice(0, i + 1)), start + i * minute));
    const at = start + order.indexOf(pod) * minute + second;
    t.strictSame(whoHad(identity, '10.1.0.1', at), deployment('cart'));
    t.strictSame(identity.reporter({ namespace: 'shop', name: 'cart-1', uid: 'uid-cart-1' }), deployment('cart'));
  }
});

t.test('owners that are gone before their pod do not change what it is', async (t) => {
  const identity = newIdentity();
  identity.update(clusterOf(pod, set, top), start);
  identity.update(clusterOf(pod, set), start + minute);
  identity.update(clusterOf(pod), start + 2 * minute);
  t.strictSame(whoHad(identity, '10.1.0.1', start + 3 * minute), deployment('cart'));
});

t.test('a CronJob is the workload of the pods of its Jobs', async (t) => {
  const owned = (kind: string, name: string, owner: object) =>
    JSON.stringify({ kind, metadata: { name, namespace: 'shop', uid: `uid-${name}`, ownerReferences: [owner] } });
  const ownedPod = JSON.stringify({
    ...(JSON.parse(
      owned('Pod', 'report-1-x', { kind: 'Job', name: 'report-1', uid: 'j', controller: true }),
    ) as object),
    status: { podIP: '10.1.0.9' },
  });
  const job = owned('Job', 'report-1', { kind: 'CronJob', name: 'report', uid: 'c', controller: true });
  const identity = newIdentity();
  identity.update(clusterOf(ownedPod), start);
  identity.update(clusterOf(ownedPod, job), start + minute);
  t.match(whoHad(identity, '10.1.0.9', start + second), { type: 'workload', kind: 'CronJob', name: 'report' });
});

t.test('a pod that lived for a second is named by a batch that comes hours late', async (t) => {
  const identity = newIdentity();
  identity.update(clusterOf(), start);
  const born = start + hour;
  const created = new Date(born).toISOString();
  identity.update(clusterOf(podYaml({ name: 'job-1', ip: '10.1.0.7', deployment: 'job', created })), born + 400);
  identity.update(clusterOf(), born + second);
  identity.update(clusterOf(podYaml({ name: 'ads-1', ip: '10.1.0.7', deployment: 'ads' })), born + 10 * minute);
  identity.update(clusterOf(), born + 59 * minute);
  t.strictSame(whoHad(identity, '10.1.0.7', born + 200), deployment('job'), 'before its address was shown');
  t.strictSame(whoHad(identity, '10.1.0.7', born + 900), deployment('job'));
  t.strictSame(whoHad(identity, '10.1.0.7', born + 20 * minute), deployment('ads'));
  t.equal(reasonOf(whoHad(identity, '10.1.0.7', born + 5 * minute)), 'pod-cidr', 'nobody had it');
});

t.test('an address that two pods state is nobody, and the problem is named, until one of them is to go', async (t) => {
  const cart = podYaml({ name: 'cart-1', ip: '10.1.0.1', deployment: 'cart', created: '2026-03-01T09:00:00Z' });
  const adsFixture = { name: 'ads-1', ip: '10.1.0.1', deployment: 'ads', created: '2026-03-01T10:00:30Z' };
  const identity = newIdentity();
  identity.update(clusterOf(cart), start);
  identity.update(clusterOf(cart, podYaml(adsFixture)), start + minute);
  t.strictSame(whoHad(identity, '10.1.0.1', start + 10 * second), deployment('cart'), 'before the second was made');
  t.equal(reasonOf(whoHad(identity, '10.1.0.1', start + 2 * minute)), 'duplicate-address');
  t.strictSame(texts(identity), ['duplicate-address: 10.1.0.1 is stated by the pods shop/ads-1 and shop/cart-1']);

  const leaving = podYaml({ name: 'cart-1', ip: '10.1.0.1', deployment: 'cart', terminating: true });
  identity.update(clusterOf(leaving, podYaml(adsFixture)), start + 3 * minute);
  t.equal(reasonOf(whoHad(identity, '10.1.0.1', start + 2 * minute)), 'duplicate-address', 'what was open stays open');
  t.strictSame(whoHad(identity, '10.1.0.1', start + 4 * minute), deployment('ads'));
  t.strictSame(texts(identity), []);
});

t.test('the newer of two pods is nobody either while it is the one to go', async (t) => {
  const cart = podYaml({ name: 'cart-1', ip: '10.1.0.1', deployment: 'cart', created: '2026-03-01T09:00:00Z' });
  const fixture = { name: 'ads-1', ip: '10.1.0.1', deployment: 'ads', created: '2026-03-01T10:00:30Z' };
  const identity = newIdentity();
  identity.update(clusterOf(cart), start);
  identity.update(clusterOf(cart, podYaml({ ...fixture, terminating: true })), start + minute);
  t.equal(reasonOf(whoHad(identity, '10.1.0.1', start + 2 * minute)), 'duplicate-address');
});

t.test('a pod that talks to its own address talks to itself, whoever else states it', async (t) => {
  const of = (name: string) => podYaml({ name: `${name}-1`, ip: '10.1.0.1', deployment: name });
  const identity = newIdentity();
  identity.update(clusterOf(of('cart'), of('ads')), start);
  for (const name of ['cart', 'ads']) {
    const reporter = { namespace: 'shop', name: `${name}-1`, uid: `uid-${name}-1` } as const;
    t.strictSame(whoHad(identity, '10.1.0.1', start, reporter), deployment(name));
    t.strictSame(identity.reporter(reporter), deployment(name), 'and reports as itself');
  }
});

t.test('a pod that is made again under its name is another pod', async (t) => {
  const identity = newIdentity();
  const of = (uid: string, ip: string) => podYaml({ name: 'db-0', ip, uid, namespace: 'shop' });
  identity.update(clusterOf(of('first', '10.1.0.1')), start);
  identity.update(clusterOf(of('second', '10.1.0.2')), start + 10 * minute);
  t.equal(reasonOf(whoHad(identity, '10.1.0.1', start + 5 * minute)), 'workload');
  t.equal(reasonOf(whoHad(identity, '10.1.0.1', start + 15 * minute)), 'pod-cidr');
  for (const uid of ['first', 'second']) t.ok(identity.knows({ namespace: 'shop', name: 'db-0', uid }), uid);
});

t.test('both addresses of a dual-stack pod are its own, in any spelling', async (t) => {
  const identity = newIdentity();
  identity.update(
    clusterOf(podYaml({ name: 'cart-1', ip: '10.1.0.1', ip6: 'FD00:1:0::A', deployment: 'cart' })),
    start,
  );
  for (const address of ['10.1.0.1', 'fd00:1::a', '::ffff:10.1.0.1']) {
    t.strictSame(whoHad(identity, address, start), deployment('cart'), address);
  }
});

t.test('addresses that no pod can have are named as problems and give no name', async (t) => {
  const identity = newIdentity();
  const odd = ['127.0.0.1', '169.254.1.1', '10.1.0.300', 'x'.repeat(5_000)].map((ip, i) =>
    podYaml({ name: `odd-${i}`, ip }),
  );
  identity.update(
    clusterOf(...odd, podYaml({ name: 'fine', ip: '10.1.0.1' }), podYaml({ name: 'young', ip: '' })),
    start,
  );
  t.equal(reasonOf(whoHad(identity, '127.0.0.1', start)), 'special-address');
  t.equal(reasonOf(whoHad(identity, '10.1.0.1', start)), 'workload');
  t.equal(texts(identity).length, 4);
  t.match(texts(identity)[0], 'invalid-address: pod shop/odd-0 states "127.0.0.1", which is no pod\'s address');
  t.ok(texts(identity).every((text) => text.length < 200));
  identity.update(clusterOf(), start + minute);
  t.strictSame(texts(identity), []);
});

t.test('a static pod is known by the UID that its node has for it too', async (t) => {
  const annotations = { 'kubernetes.io/config.hash': 'f00d' };
  const identity = newIdentity();
  identity.update(clusterOf(podYaml({ name: 'etcd-n1', ip: '10.1.0.1', annotations })), start);
  t.ok(identity.knows({ namespace: 'shop', name: 'etcd-n1', uid: 'f00d' }));
  identity.update(clusterOf(), start + minute);
  identity.update(clusterOf(), start + 3 * hour);
  t.notOk(identity.knows({ namespace: 'shop', name: 'etcd-n1', uid: 'f00d' }));
});

t.test('what is forgotten early, for being too much, is counted and the rest stays', async (t) => {
  const identity = newIdentity(['10.1.0.0/16'], 2);
  for (let i = 1; i <= 4; i++) {
    identity.update(clusterOf(podYaml({ name: `p-${i}`, ip: `10.1.0.${i}` })), start + i * minute);
  }
  t.equal(identity.forgottenEarly, 1);
  t.notOk(identity.knows({ namespace: 'shop', name: 'p-1', uid: 'uid-p-1' }));
  t.ok(identity.knows({ namespace: 'shop', name: 'p-2', uid: 'uid-p-2' }));
});

t.test('labels of 63 odd characters select, and pods of another namespace do not', async (t) => {
  const labels = { [`${'a.b-c_'.repeat(10)}xyz`]: `Z${'-._9'.repeat(15)}aa` };
  const of = (namespace: string, ip: string) =>
    podYaml({ name: `cart-${namespace}`, ip, namespace, deployment: 'cart', labels });
  const service = serviceYaml({ name: 'cart', ip: '10.96.0.7', selector: labels, ports: [{ port: 80 }] });
  const identity = newIdentity();
  identity.update(clusterOf(of('shop', '10.1.0.1'), of('other', '10.1.0.2'), service), start);
  const call = { pod: someReporter, role: 'client', port: 80, protocol: 'TCP', seenAs: null } as const;
  const { entity } = identity.remote({ ...call, remote: addressOf('10.96.0.7'), lastSeenUnixMs: start });
  t.strictSame(entity, deployment('cart'));
});

t.test("pods on a node's network share its address, and stay the node when they go", async (t) => {
  const node = nodeYaml('n1', '172.30.0.11', '10.244.1.0/24');
  const of = (name: string) => podYaml({ name, ip: '172.30.0.11', hostNetwork: true });
  const identity = newIdentity();
  identity.update(clusterOf(node, of('proxy'), of('exporter')), start);
  t.strictSame(whoHad(identity, '172.30.0.11', start), { type: 'node', name: 'n1' });
  t.strictSame(texts(identity), []);
  identity.update(clusterOf(node), start + minute);
  t.strictSame(whoHad(identity, '172.30.0.11', start + hour), { type: 'node', name: 'n1' });
});
