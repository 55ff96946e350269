import t from 'tap';
import type { FlowRecord } from '../../core/flow.ts';
import type { Entity } from '../../core/identity.ts';
import type { ClusterSnapshot } from '../../core/kubernetes.ts';
import { addressOf, clusterOf, newIdentity, nodeYaml, podYaml, serviceYaml, someReporter } from './cluster-fixture.ts';

const now = 1_700_000_000_000;
const node = nodeYaml('n1', '172.30.0.11', '10.244.1.0/24');
const cart1 = podYaml({ name: 'cart-1', ip: '10.1.0.1', deployment: 'cart', ports: { http: 8080 } });
const cart2 = podYaml({ name: 'cart-2', ip: '10.1.0.2', deployment: 'cart', ports: { http: 8080 } });
const cartService = serviceYaml({
  name: 'cart',
  ip: '10.96.0.20',
  selector: { app: 'cart' },
  ports: [{ port: 80, targetPort: 'http', nodePort: 30_080 }],
});
const deployment = (name: string): Entity => ({ type: 'workload', namespace: 'shop', kind: 'Deployment', name });
const service = { namespace: 'shop', name: 'cart' };

type Asked = Partial<Pick<FlowRecord, 'role' | 'port' | 'protocol' | 'seenAs' | 'lastSeenUnixMs'>>;

/** What an address means in a state of the cluster that has always been so. */
function remoteIn(cluster: ClusterSnapshot, remote: string, asked: Asked = {}) {
  const identity = newIdentity();
  identity.update(cluster, now);
  return identity.remote({
    pod: someReporter,
    role: 'client',
    port: 80,
    protocol: 'TCP',
    seenAs: null,
    lastSeenUnixMs: now,
    ...asked,
    remote: addressOf(remote),
  });
}

t.test('a pod address is the workload at the top of its owners, on the port that was called', async (t) => {
  const peer = remoteIn(clusterOf(cart1), '10.1.0.1', { port: 8080 });
  t.strictSame(peer, { entity: deployment('cart'), port: 8080, service: null, waitsFor: [] });
});

t.test('a cluster IP is the workload behind it, on the named target port of its pods', async (t) => {
  const peer = remoteIn(clusterOf(cart1, cart2, cartService), '10.96.0.20');
  t.strictSame(peer, { entity: deployment('cart'), port: 8080, service, waitsFor: [] });
});

t.test('a numeric target port, and none, are taken as they are', async (t) => {
  const ports = [
    { name: 'a', port: 80, targetPort: 9000 },
    { name: 'b', port: 81 },
    { name: 'c', port: 53, protocol: 'UDP', targetPort: 5353 },
  ];
  const cluster = clusterOf(cart1, serviceYaml({ name: 'cart', ip: '10.96.0.20', selector: { app: 'cart' }, ports }));
  t.equal(remoteIn(cluster, '10.96.0.20').port, 9000);
  t.equal(remoteIn(cluster, '10.96.0.20', { port: 81 }).port, 81);
  t.equal(remoteIn(cluster, '10.96.0.20', { port: 53, protocol: 'UDP' }).port, 5353);
  t.equal(remoteIn(cluster, '10.96.0.20', { port: 53, protocol: 'TCP' }).entity.type, 'service', 'UDP is not TCP');
});

t.test('external, load balancer and node port addresses lead through the Service too', async (t) => {
  const reached = serviceYaml({
    name: 'cart',
    ip: '10.96.0.20',
    selector: { app: 'cart' },
    ports: [{ port: 80, targetPort: 8080, nodePort: 30_080 }],
    more: { externalIPs: ['198.51.100.9'] },
    status: { loadBalancer: { ingress: [{ ip: '203.0.113.9' }] } },
  });
  const cluster = clusterOf(node, cart1, reached);
  const expected = { entity: deployment('cart'), port: 8080, service, waitsFor: [] };
  t.strictSame(remoteIn(cluster, '198.51.100.9'), expected);
  t.strictSame(remoteIn(cluster, '203.0.113.9'), expected);
  t.strictSame(remoteIn(cluster, '172.30.0.11', { port: 30_080 }), expected);
});

t.test('EndpointSlices say what is behind a Service without selector', async (t) => {
  const bare = serviceYaml({ name: 'cart', ip: '10.96.0.20', ports: [{ name: 'web', port: 80 }] });
  const slice = JSON.stringify({
    kind: 'EndpointSlice',
    metadata: { name: 'cart-x', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'cart' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.1.0.1'], conditions: { ready: false } }],
    ports: [{ name: 'web', port: 8080, protocol: 'TCP' }],
  });
  const peer = remoteIn(clusterOf(cart1, bare, slice), '10.96.0.20');
  t.strictSame(peer, { entity: deployment('cart'), port: 8080, service, waitsFor: [] });
});

t.test('a Service with several workloads behind it stays a Service: the report does not say which', async (t) => {
  const canary = podYaml({ name: 'cart-new-1', ip: '10.1.0.9', deployment: 'cart-new', labels: { app: 'cart' } });
  const numeric = serviceYaml({ name: 'cart', ip: '10.96.0.20', selector: { app: 'cart' }, ports: [{ port: 80 }] });
  const peer = remoteIn(clusterOf(cart1, canary, numeric), '10.96.0.20');
  t.strictSame(peer, { entity: { type: 'service', ...service }, port: 80, service, waitsFor: [] });
});

t.test('a Service with nothing behind it stays a Service, and may still get something', async (t) => {
  const peer = remoteIn(clusterOf(cartService), '10.96.0.20');
  t.strictSame(peer, { entity: { type: 'service', ...service }, port: 80, service, waitsFor: ['10.96.0.20'] });
});

t.test('a port that the Service does not have stays with the Service', async (t) => {
  const peer = remoteIn(clusterOf(cart1, cartService), '10.96.0.20', { port: 81 });
  t.match(peer, { entity: { type: 'service', ...service }, port: 81 });
});

t.test('a pod that calls its own Service reaches its own workload', async (t) => {
  const identity = newIdentity();
  identity.update(clusterOf(cart1, cart2, cartService), now);
  const reporter = identity.reporter({ namespace: 'shop', name: 'cart-1', uid: 'uid-cart-1' });
  const remote = addressOf('10.96.0.20');
  const peer = identity.remote({
    pod: someReporter,
    role: 'client',
    port: 80,
    protocol: 'TCP',
    seenAs: null,
    lastSeenUnixMs: now,
    remote,
  });
  t.strictSame(peer.entity, reporter);
});

t.test('node addresses, tunnels and gateways are the node', async (t) => {
  const cluster = clusterOf(node);
  for (const address of ['172.30.0.11', '10.244.1.0', '10.244.1.1']) {
    t.strictSame(remoteIn(cluster, address, { role: 'server' }).entity, { type: 'node', name: 'n1' }, address);
  }
  const calico = nodeYaml('n1', '172.30.0.11', '10.244.1.0/24', {
    'projectcalico.org/IPv4Address': '172.30.0.11/24',
    'projectcalico.org/IPv4IPIPTunnelAddr': '10.244.1.77',
  });
  t.strictSame(remoteIn(clusterOf(calico), '10.244.1.77').entity, { type: 'node', name: 'n1' });
  t.match(remoteIn(clusterOf(calico), '10.244.1.1').entity, { type: 'unresolved' }, 'Calico gives .1 to pods');
});

t.test("a pod on its node's network is the node, as reporter and as far end", async (t) => {
  const proxy = podYaml({ name: 'proxy', ip: '172.30.0.11', hostNetwork: true });
  const identity = newIdentity();
  identity.update(clusterOf(node, proxy), now);
  t.strictSame(identity.reporter({ namespace: 'shop', name: 'proxy', uid: 'uid-proxy' }), { type: 'node', name: 'n1' });
  t.strictSame(remoteIn(clusterOf(node, proxy), '172.30.0.11').entity, { type: 'node', name: 'n1' });
});

t.test('what is in no block and belongs to nobody is external', async (t) => {
  const peer = remoteIn(clusterOf(cart1), '203.0.113.7', { port: 443 });
  t.strictSame(peer, {
    entity: { type: 'external', address: '203.0.113.7' },
    port: 443,
    service: null,
    waitsFor: [],
  });
});

t.test('unknown addresses of the cluster are unresolved, with the reason', async (t) => {
  const reasons = {
    '10.1.9.9': 'pod-cidr',
    '10.244.1.9': 'pod-cidr',
    '10.96.9.9': 'service-cidr',
    '127.0.0.1': 'special-address',
    '169.254.1.1': 'special-address',
    '224.0.0.251': 'special-address',
    'fe80::1': 'special-address',
  };
  for (const [address, reason] of Object.entries(reasons)) {
    t.strictSame(remoteIn(clusterOf(node), address).entity, { type: 'unresolved', address, reason });
  }
});

t.test('a finished pod has given its address back', async (t) => {
  const done = podYaml({ name: 'job-1', ip: '10.1.0.1', phase: 'Succeeded' });
  t.match(remoteIn(clusterOf(done), '10.1.0.1').entity, { type: 'unresolved', reason: 'pod-cidr' });
  t.strictSame(remoteIn(clusterOf(done, cart1), '10.1.0.1').entity, deployment('cart'));
});

t.test('a reporter that the cluster does not show stands for itself', async (t) => {
  const identity = newIdentity();
  const pod = { namespace: 'shop', name: 'new-1', uid: 'uid-new-1' };
  t.strictSame(identity.reporter(pod), { type: 'workload', namespace: 'shop', kind: 'Pod', name: 'new-1' });
  t.notOk(identity.knows(pod));
});

t.test('pods of manifests without UIDs are known by name', async (t) => {
  const identity = newIdentity();
  identity.update(clusterOf(podYaml({ name: 'cart-1', ip: '10.1.0.1', deployment: 'cart', uid: '' })), now);
  t.strictSame(identity.reporter({ namespace: 'shop', name: 'cart-1', uid: 'any' }), deployment('cart'));
});
