import t from 'tap';
import type { Identity } from '../../aggregator/identity/identity.ts';
import type { Entity } from '../../core/identity.ts';
import {
  addressOf,
  clusterOf,
  memoryMs,
  newIdentity,
  podYaml,
  serviceYaml,
  someReporter,
  toleranceMs,
} from './cluster-fixture.ts';

const start = Date.parse('2026-03-01T10:00:00Z');
const hour = 3_600_000;
const minute = 60_000;
const cart = podYaml({ name: 'cart-1', ip: '10.1.0.1', deployment: 'cart' });
const ads = podYaml({ name: 'ads-1', ip: '10.1.0.1', deployment: 'ads' });
const deployment = (name: string): Entity => ({ type: 'workload', namespace: 'shop', kind: 'Deployment', name });

const duplicate = (address: string): Entity => ({
  type: 'unresolved',
  address: addressOf(address),
  reason: 'duplicate-address',
});

const byService = {
  pod: someReporter,
  role: 'client',
  port: 80,
  protocol: 'TCP',
  remote: addressOf('10.96.0.7'),
  seenAs: null,
} as const;

function whoHad(identity: Identity, address: string, lastSeenUnixMs: number): Entity {
  const far = { pod: someReporter, role: 'server', port: 80, protocol: 'TCP', seenAs: null } as const;
  const record = { ...far, remote: addressOf(address), lastSeenUnixMs };
  return identity.remote(record).entity;
}

t.test('an address that was used again names the pod that had it at that moment', async (t) => {
  const identity = newIdentity();
  identity.update(clusterOf(cart), start);
  identity.update(clusterOf(ads), start + 10 * minute);
  t.strictSame(whoHad(identity, '10.1.0.1', start + 5 * minute), deployment('cart'));
  t.strictSame(whoHad(identity, '10.1.0.1', start + 15 * minute), deployment('ads'));
});

t.test('between the creation of a pod and the end of who had its address, either may have had it', async (t) => {
  const identity = newIdentity();
  identity.update(clusterOf(cart), start);
  const created = '2026-03-01T10:08:00Z';
  identity.update(
    clusterOf(podYaml({ name: 'ads-1', ip: '10.1.0.1', deployment: 'ads', created })),
    start + 10 * minute,
  );
  t.strictSame(whoHad(identity, '10.1.0.1', start + 7.9 * minute), deployment('cart'));
  t.strictSame(whoHad(identity, '10.1.0.1', start + 8.1 * minute), duplicate('10.1.0.1'));
  t.strictSame(whoHad(identity, '10.1.0.1', start + 10.1 * minute), deployment('ads'));
});

t.test('a batch that comes late names a pod that is gone', async (t) => {
  const identity = newIdentity();
  identity.update(clusterOf(cart), start);
  identity.update(clusterOf(), start + 10 * minute);
  const pod = { namespace: 'shop', name: 'cart-1', uid: 'uid-cart-1' };
  t.strictSame(whoHad(identity, '10.1.0.1', start + 5 * minute), deployment('cart'));
  t.strictSame(identity.reporter(pod), deployment('cart'));
  t.match(whoHad(identity, '10.1.0.1', start + 20 * minute), { type: 'unresolved' }, 'nobody had it later');
});

t.test('a pod that is gone for longer than the memory is forgotten', async (t) => {
  const identity = newIdentity();
  identity.update(clusterOf(cart), start);
  identity.update(clusterOf(), start + minute);
  identity.update(clusterOf(), start + minute + memoryMs + 1);
  t.match(whoHad(identity, '10.1.0.1', start), { type: 'unresolved' });
  t.notOk(identity.knows({ namespace: 'shop', name: 'cart-1', uid: 'uid-cart-1' }));
});

t.test('a flow from shortly before its pod was shown belongs to the pod, one from long before does not', async (t) => {
  const identity = newIdentity();
  identity.update(clusterOf(), start);
  identity.update(clusterOf(cart), start + hour);
  t.strictSame(whoHad(identity, '10.1.0.1', start + hour - 1_000), deployment('cart'));
  t.match(whoHad(identity, '10.1.0.1', start + hour - toleranceMs - 1), { type: 'unresolved' });
});

t.test('a pod that a half-written file hid for a moment has had its address all along', async (t) => {
  const identity = newIdentity();
  identity.update(clusterOf(cart), start);
  identity.update(clusterOf(), start + hour);
  identity.update(clusterOf(cart), start + hour + 5 * minute);
  t.strictSame(whoHad(identity, '10.1.0.1', start + hour + 2 * minute), deployment('cart'));
});

t.test('what was behind a Service at that moment counts, not what is behind it now', async (t) => {
  const service = serviceYaml({ name: 'web', ip: '10.96.0.7', selector: { tier: 'web' }, ports: [{ port: 80 }] });
  const pod = (deploymentName: string, ip: string) =>
    podYaml({ name: `${deploymentName}-1`, ip, deployment: deploymentName, labels: { tier: 'web' } });
  const identity = newIdentity();
  identity.update(clusterOf(service, pod('blue', '10.1.0.1')), start);
  identity.update(clusterOf(service, pod('green', '10.1.0.2')), start + hour);
  const through = (lastSeenUnixMs: number) => identity.remote({ ...byService, lastSeenUnixMs }).entity;
  t.strictSame(through(start + minute), deployment('blue'));
  t.strictSame(through(start + hour + minute), deployment('green'));
});

t.test('a call right before the pods behind a Service were shown went to these pods', async (t) => {
  const service = serviceYaml({ name: 'cart', ip: '10.96.0.7', selector: { app: 'cart' }, ports: [{ port: 80 }] });
  const identity = newIdentity();
  identity.update(clusterOf(service), start);
  identity.update(clusterOf(service, cart), start + hour);
  const through = (lastSeenUnixMs: number) => identity.remote({ ...byService, lastSeenUnixMs }).entity;
  t.strictSame(through(start + hour - 1_000), deployment('cart'));
  t.match(through(start + minute), { type: 'service', name: 'cart' });
});
