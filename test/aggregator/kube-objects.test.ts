import fc from 'fast-check';
import t from 'tap';
import { ClusterObjects } from '../../aggregator/kube/objects.ts';
import type { KubernetesAny } from '../../core/kubernetes.ts';
import { snapshotOf } from '../../core/manifest.ts';
import { objectsOf, podYaml } from './cluster-fixture.ts';

function podOf(name: string, ip: string, uid = `uid-${name}`): KubernetesAny {
  return objectsOf(podYaml({ name, ip, uid }))[0] as KubernetesAny;
}

const namesIn = (objects: ClusterObjects) => objects.snapshot().pods.map(({ metadata }) => metadata.name);

t.test('an object that equals the one that is held changes nothing, not even the snapshot', async (t) => {
  const objects = new ClusterObjects();
  const first = podOf('a', '10.1.0.1');
  t.strictSame(objects.set(first), { before: null, after: first });
  const snapshot = objects.snapshot();
  t.equal(objects.set(podOf('a', '10.1.0.1')), null);
  t.equal(objects.snapshot(), snapshot);
});

t.test('an object equals itself in every spelling of what it does not have', async (t) => {
  const objects = new ClusterObjects();
  const pod = (more: object) => {
    const metadata = { name: 'a', namespace: 'shop', uid: 'uid-a', ...more };
    const status = { podIP: '10.1.0.1', phase: 'Running' };
    return objectsOf(JSON.stringify({ kind: 'Pod', metadata, spec: {}, status }))[0] as KubernetesAny;
  };
  t.not(objects.set(pod({ labels: {}, ownerReferences: [], deletionTimestamp: null })), null);
  t.equal(objects.set(pod({})), null);
  t.equal(objects.set(pod({ creationTimestamp: null, annotations: { 'nobody/reads': 'this' } })), null);
  t.match(objects.set(pod({ deletionTimestamp: '2026-03-01T12:00:00Z' })), { after: { kind: 'Pod' } });
});

t.test('a pod that was made again under its name is one change, with both UIDs', async (t) => {
  const objects = new ClusterObjects();
  objects.replaceAll([podOf('a', '10.1.0.1'), podOf('b', '10.1.0.2')]);
  const change = objects.set(podOf('a', '10.1.0.1', 'uid-other'));
  t.match(change, { before: { metadata: { uid: 'uid-a' } }, after: { metadata: { uid: 'uid-other' } } });
  t.strictSame(namesIn(objects), ['a', 'b'], 'and it keeps its place');
});

t.test('what is gone is told once', async (t) => {
  const objects = new ClusterObjects();
  const pod = podOf('a', '10.1.0.1');
  objects.set(pod);
  t.strictSame(objects.remove('Pod', 'shop', 'a'), { before: pod, after: null });
  t.equal(objects.remove('Pod', 'shop', 'a'), null);
  t.equal(objects.remove('Unheard', 'shop', 'a'), null);
  t.strictSame(namesIn(objects), []);
});

t.test('a listing in portions removes what it did not name, of its kind only', async (t) => {
  const objects = new ClusterObjects();
  objects.replaceAll(objectsOf(podYaml({ name: 'a', ip: '10.1.0.1', deployment: 'a' })));
  objects.set(podOf('b', '10.1.0.2'));
  const changes = objects.keepOnly('Pod', new Set(['shop/b']));
  t.match(changes, [{ before: { metadata: { name: 'a' } }, after: null }]);
  t.equal(objects.snapshot().controllers.length, 2);
});

const endpointsOf = (...endpoints: readonly object[]) => {
  const labels = { 'kubernetes.io/service-name': 's' };
  const metadata = { name: 's-1', namespace: 'shop', labels };
  return objectsOf(JSON.stringify({ kind: 'EndpointSlice', metadata, addressType: 'IPv4', endpoints }))[0];
};

t.test('a slice says the same after it shares texts with the pods, also where it contradicts them', async (t) => {
  const target = (name: string, more: object = {}) => ({ kind: 'Pod', namespace: 'shop', name, ...more });
  const slice = () =>
    endpointsOf(
      { addresses: ['10.1.0.1'], targetRef: target('a', { uid: 'uid-a' }) },
      { addresses: ['10.1.0.9', '10.1.0.1'], targetRef: target('b', { uid: 'uid-of-another-b' }) },
      { addresses: ['10.1.0.2'], targetRef: target('b') },
      { addresses: ['10.1.0.3'], targetRef: target('unheard', { uid: 'uid-a' }) },
      { addresses: ['10.1.0.4'], targetRef: { ...target('a'), kind: 'VirtualMachine' } },
      { addresses: [] },
    ) as KubernetesAny;
  const pods = [podOf('a', '10.1.0.1'), podOf('b', '10.1.0.2')];
  for (const [first, later] of [
    [pods, [slice()]],
    [[slice()], pods],
  ] as const) {
    const objects = new ClusterObjects();
    for (const object of [...first, ...later]) t.not(objects.set(object), null);
    objects.shareTexts();
    t.strictSame(objects.snapshot().endpointSlices, [slice()]);
    t.strictSame(objects.snapshot().pods, [podOf('a', '10.1.0.1'), podOf('b', '10.1.0.2')]);
    t.equal(objects.set(slice()), null, 'and it is what it was when it comes again');
  }
});

t.test('an object that replaces another keeps nothing of it but what both say', async (t) => {
  const objects = new ClusterObjects();
  const later = { name: 'a', ip: '10.1.0.2', uid: 'uid-b', node: 'n2', created: '2026-03-01T10:00:01Z' };
  objects.set(podOf('a', '10.1.0.1'));
  objects.set(objectsOf(podYaml(later))[0] as KubernetesAny);
  t.strictSame(objects.snapshot().pods, objectsOf(podYaml(later)));
});

t.test('objects with one name in two namespaces are two', async (t) => {
  const objects = new ClusterObjects();
  const inNamespace = (namespace: string) => objectsOf(podYaml({ name: 'a', ip: '10.1.0.1', namespace }));
  const [shop, bank] = [inNamespace('shop'), inNamespace('bank')];
  objects.replaceAll([...shop, ...bank]);
  t.equal(objects.snapshot().pods.length, 2);
  t.strictSame(objects.replaceAll(bank), [{ before: shop[0], after: null }]);
  t.strictSame(objects.snapshot().pods, bank);
});

t.test('a snapshot does not change any more once it was given', async (t) => {
  const objects = new ClusterObjects();
  objects.set(podOf('a', '10.1.0.1'));
  const before = objects.snapshot();
  objects.set(podOf('b', '10.1.0.2'));
  t.equal(before.pods.length, 1);
  t.equal(objects.snapshot().services, objects.snapshot().services);
});

const someObject = fc
  .record({ name: fc.constantFrom('a', 'b', 'c'), ip: fc.constantFrom('10.1.0.1', '10.1.0.2') })
  .map(({ name, ip }) => podOf(name, ip));

t.test('the changes, applied to what was known, make what is there', async () => {
  fc.assert(
    fc.property(fc.array(fc.array(someObject)), (listings) => {
      const objects = new ClusterObjects();
      const known = new Map<string, KubernetesAny>();
      for (const listing of listings) {
        for (const { before, after } of objects.replaceAll(listing)) {
          const { name } = (after ?? before)?.metadata ?? { name: '' };
          if ((known.get(name) ?? null) !== before) return false;
          if (after === null) known.delete(name);
          else known.set(name, after);
        }
      }
      const expected = snapshotOf(listings.at(-1) ?? []).pods;
      const held = objects.snapshot().pods;
      return (
        JSON.stringify(sorted(held)) === JSON.stringify(sorted(expected)) &&
        JSON.stringify(sorted([...known.values()])) === JSON.stringify(sorted(held))
      );
    }),
    { seed: 7, numRuns: 300 },
  );
});

function sorted(objects: readonly KubernetesAny[]): KubernetesAny[] {
  return objects.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}
