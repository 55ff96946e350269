import t from 'tap';
import type { RemoteEnd } from '../../aggregator/identity/remote-peer.ts';
import type { Entity } from '../../core/identity.ts';
import type { ClusterSnapshot } from '../../core/kubernetes.ts';
import { addressOf, clusterOf, newIdentity, nodeYaml, podYaml, serviceYaml, someReporter } from './cluster-fixture.ts';

const now = 1_700_000_000_000;
const node = nodeYaml('n1', '172.30.0.11', '10.244.1.0/24');
const cart = podYaml({ name: 'cart-1', ip: '10.1.0.1', deployment: 'cart', ports: { http: 8080 } });
const canary = podYaml({ name: 'canary-1', ip: '10.1.0.2', deployment: 'canary', labels: { app: 'cart' } });
const proxy = podYaml({ name: 'proxy', ip: '172.30.0.11', hostNetwork: true });
const web = serviceYaml({
  name: 'cart',
  ip: '10.96.0.20',
  selector: { app: 'cart' },
  ports: [{ port: 80, targetPort: 8080, nodePort: 30_080 }],
  more: { externalIPs: ['198.51.100.9'] },
});
const whole = clusterOf(node, cart, canary, proxy, web);
const deployment = (name: string): Entity => ({ type: 'workload', namespace: 'shop', kind: 'Deployment', name });
const service = { namespace: 'shop', name: 'cart' };
const seenAs = (address: string, port: number) => ({ address: addressOf(address), port });

/** What a translated record means in a state of the cluster that has always been so. */
function remoteIn(cluster: ClusterSnapshot, remote: string, given: Partial<RemoteEnd>) {
  const identity = newIdentity();
  identity.update(cluster, now);
  const record = {
    pod: someReporter,
    role: 'client',
    port: 8080,
    protocol: 'TCP',
    seenAs: null,
    lastSeenUnixMs: now,
  } as const;
  return identity.remote({ ...record, ...given, remote: addressOf(remote) });
}

t.test('a call through a Service is the backend that was reached, of several workloads too', async (t) => {
  const given = { seenAs: seenAs('10.96.0.20', 80) };
  const peer = { port: 8080, service, waitsFor: [] };
  t.strictSame(remoteIn(whole, '10.1.0.1', given), { ...peer, entity: deployment('cart') });
  t.strictSame(remoteIn(whole, '10.1.0.2', given), { ...peer, entity: deployment('canary') });
});

t.test('external addresses and node ports name the Service too', async (t) => {
  for (const called of [seenAs('198.51.100.9', 80), seenAs('172.30.0.11', 30_080)]) {
    t.strictSame(
      remoteIn(whole, '10.1.0.2', { seenAs: called }),
      { entity: deployment('canary'), port: 8080, service, waitsFor: [] },
      called.address,
    );
  }
});

t.test(
  "a host port, and an address outside of the Services' block, are no Service and nobody waits for them",
  async (t) => {
    for (const called of [seenAs('172.30.0.11', 8080), seenAs('203.0.113.7', 80)]) {
      t.strictSame(
        remoteIn(whole, '10.1.0.1', { seenAs: called }),
        { entity: deployment('cart'), port: 8080, service: null, waitsFor: [] },
        called.address,
      );
    }
  },
);

t.test('a Service address or port that is not known yet is waited for', async (t) => {
  const entity = deployment('cart');
  for (const called of [seenAs('10.96.0.99', 80), seenAs('10.96.0.20', 81)]) {
    const peer = remoteIn(whole, '10.1.0.1', { seenAs: called });
    t.strictSame(peer, { entity, port: 8080, service: null, waitsFor: [called.address] });
  }
  t.strictSame(
    remoteIn(whole, '10.1.0.1', { seenAs: seenAs('10.96.0.20', 80), protocol: 'UDP' }).waitsFor,
    ['10.96.0.20'],
    'UDP is not TCP',
  );
  t.strictSame(
    remoteIn(whole, '10.1.0.50', { seenAs: seenAs('10.96.0.99', 80) }).waitsFor,
    ['10.1.0.50', '10.96.0.99'],
    'both ends of the translation may be late',
  );
});

t.test("a backend on a node's network is the node, on its own port, whatever Service has that node port", async (t) => {
  const peer = remoteIn(whole, '172.30.0.11', { port: 30_080, seenAs: seenAs('10.96.0.20', 80) });
  t.strictSame(peer, { entity: { type: 'node', name: 'n1' }, port: 30_080, service, waitsFor: [] });
});

t.test('a backend outside of the cluster is external, by its Service', async (t) => {
  const peer = remoteIn(whole, '203.0.113.7', { port: 443, seenAs: seenAs('10.96.0.20', 80) });
  t.match(peer, { entity: { type: 'external', address: '203.0.113.7' }, port: 443, service });
});

t.test("behind what masquerades a server's client is the true client, and no Service", async (t) => {
  const given = { role: 'server', seenAs: seenAs('172.30.0.11', 30_080) } as const;
  t.strictSame(remoteIn(whole, '10.1.0.2', given), {
    entity: deployment('canary'),
    port: 8080,
    service: null,
    waitsFor: [],
  });
});

t.test('a pod that reaches itself through its own Service reaches its own workload, by the Service', async (t) => {
  const identity = newIdentity();
  identity.update(whole, now);
  const reporter = identity.reporter({ namespace: 'shop', name: 'cart-1', uid: 'uid-cart-1' });
  const asClient = remoteIn(whole, '10.1.0.1', { seenAs: seenAs('10.96.0.20', 80) });
  const asServer = remoteIn(whole, '10.1.0.1', { role: 'server', seenAs: seenAs('10.244.1.1', 40_000) });
  t.strictSame([asClient.entity, asServer.entity], [reporter, reporter]);
  t.strictSame([asClient.service, asServer.service], [service, null]);
});

t.test('the Service is the one that had the address and port at that moment', async (t) => {
  const hour = 3_600_000;
  const other = serviceYaml({ name: 'shop', ip: '10.96.0.20', selector: { app: 'cart' }, ports: [{ port: 80 }] });
  const identity = newIdentity();
  identity.update(whole, now);
  identity.update(clusterOf(node, cart, canary, other), now + hour);
  const nameAt = (lastSeenUnixMs: number) => {
    const record = {
      pod: someReporter,
      role: 'client',
      port: 8080,
      protocol: 'TCP',
      seenAs: seenAs('10.96.0.20', 80),
    } as const;
    return identity.remote({ ...record, remote: addressOf('10.1.0.1'), lastSeenUnixMs }).service?.name;
  };
  t.strictSame([nameAt(now + 60_000), nameAt(now + hour + 60_000)], ['cart', 'shop']);
});
