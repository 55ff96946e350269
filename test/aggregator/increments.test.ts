import fc from 'fast-check';
import t from 'tap';
import type { RemotePeer } from '../../aggregator/identity/remote-peer.ts';
import {
  addressOf,
  clusterOf,
  newIdentity,
  nodeYaml,
  podYaml,
  serviceYaml,
  someReporter,
  type TestIdentity,
  toleranceMs,
} from './cluster-fixture.ts';

const start = Date.parse('2026-03-01T10:00:00Z');
const names = ['a', 'b', 'c'] as const;
const ips = ['10.1.0.1', '10.1.0.2', '10.1.0.3'] as const;

/** A pod of some workload, with an address that others may have too. */
const pod = fc
  .record({
    name: fc.constantFrom(...names),
    ip: fc.constantFrom(...ips),
    deployment: fc.constantFrom('cart', 'ads'),
    tier: fc.constantFrom('web', 'back'),
    port: fc.constantFrom(8080, 9090),
    phase: fc.constantFrom('Running', 'Running', 'Succeeded'),
    terminating: fc.boolean(),
    hostNetwork: fc.constantFrom(false, false, true),
    age: fc.nat(3),
  })
  .map(({ name, ip, deployment, tier, port, age, ...rest }) => ({
    name,
    uid: `${name}-${ip}-${deployment}-${age}`,
    yaml: podYaml({
      name,
      ip,
      uid: `${name}-${ip}-${deployment}-${age}`,
      deployment,
      labels: { tier },
      ports: { http: port },
      created: new Date(start - (age + 1) * 3_600_000).toISOString(),
      ...rest,
    }),
  }));

const service = fc
  .record({ name: fc.constantFrom('web', 'back'), tier: fc.constantFrom('web', 'back'), port: fc.constantFrom(80, 81) })
  .map(({ name, tier, port }) => ({
    name,
    yaml: serviceYaml({
      name,
      ip: `10.96.0.${name === 'web' ? 7 : 8}`,
      selector: { tier },
      ports: [{ port, targetPort: 'http', nodePort: name === 'web' ? 30_080 : 30_081 }],
    }),
  }));

const slice = fc.record({
  name: fc.constantFrom('web-1', 'web-2'),
  pods: fc.subarray([...names]),
  addresses: fc.subarray([...ips]),
  isNamed: fc.boolean(),
  of: fc.constantFrom('web', 'back'),
});

/** Endpoints name the pods that there are, as the controller that keeps slices has them do. */
function sliceYaml(
  { name, pods, addresses, isNamed, of }: Slice,
  present: readonly { readonly name: string; readonly uid: string }[],
): string {
  const named = present.filter((each) => pods.some((name) => name === each.name));
  const endpoints = isNamed
    ? named.map((each) => ({
        addresses: ['10.1.0.9'],
        targetRef: { kind: 'Pod', namespace: 'shop', name: each.name, uid: each.uid },
      }))
    : addresses.map((each) => ({ addresses: [each] }));
  const metadata = { name, namespace: 'shop', labels: { 'kubernetes.io/service-name': of } };
  const ports = [{ port: 8080, protocol: 'TCP' }];
  return JSON.stringify({ kind: 'EndpointSlice', metadata, addressType: 'IPv4', endpoints, ports });
}

type Slice = typeof slice extends fc.Arbitrary<infer Value> ? Value : never;

const uniquely = <Each extends { readonly name: string }>(each: fc.Arbitrary<Each>) =>
  fc.uniqueArray(each, { selector: ({ name }) => name, maxLength: 3 });
const state = fc
  .tuple(uniquely(pod), uniquely(service), uniquely(slice), fc.subarray(['n1', 'n2']))
  .map(([pods, services, slices, nodes]) => [
    ...[...pods, ...services].map(({ yaml }) => yaml),
    ...slices.map((each) => sliceYaml(each, pods)),
    ...nodes.map((name) => nodeYaml(name, `172.30.0.${name === 'n1' ? 1 : 2}`, `10.244.${name === 'n1' ? 1 : 2}.0/24`)),
  ]);

/** The controllers are there from the beginning to the end: what is remembered of those that are gone is tested elsewhere. */
const controllers = ['cart', 'ads'].flatMap((name) =>
  podYaml({ name, ip: '', deployment: name, labels: { tier: 'none' } })
    .split('\n---\n')
    .slice(1),
);

/** Everything that can be asked of the state at a moment after everything that was before it. */
function answers(identity: TestIdentity, lastSeenUnixMs: number): RemotePeer[] {
  const addresses = [...ips, '10.96.0.7', '10.96.0.8', '172.30.0.1', '172.30.0.2', '10.244.1.1', '10.244.2.9'];
  const ports = [80, 81, 30_080, 30_081];
  return addresses.flatMap((address) =>
    ports.map((port) => {
      const record = { pod: someReporter, role: 'client', port, protocol: 'TCP', seenAs: null } as const;
      return identity.remote({ ...record, remote: addressOf(address), lastSeenUnixMs });
    }),
  );
}

t.test('change by change it comes to the same as from the whole state at once', async () => {
  fc.assert(
    fc.property(fc.array(state, { minLength: 1, maxLength: 8 }), (states) => {
      const identity = newIdentity();
      states.forEach((texts, i) => {
        const now = start + i * 10 * toleranceMs;
        const cluster = clusterOf(...controllers, ...texts);
        identity.update(cluster, now);
        const atOnce = newIdentity();
        atOnce.update(cluster, now);
        const asked = now + 2 * toleranceMs;
        const [said, expected] = [answers(identity, asked), answers(atOnce, asked)].map((each) => JSON.stringify(each));
        if (said !== expected) throw new Error(`after state ${i}:\n${said}\n${expected}`);
      });
    }),
    { seed: 5, numRuns: 60 },
  );
});

const web = (ports: readonly object[] = [{ port: 80, targetPort: 8080 }]) =>
  serviceYaml({ name: 'web', ip: '10.96.0.7', selector: { tier: 'web' }, ports });
const inShop = (name: string, ip: string, deployment: string) =>
  podYaml({ name, ip, deployment, labels: { tier: 'web' } });

t.test('a Service follows its pods, one by one, and tells what was behind it when', async (t) => {
  const identity = newIdentity();
  const at = (lastSeenUnixMs: number) => {
    const record = { pod: someReporter, role: 'client', port: 80, protocol: 'TCP', seenAs: null } as const;
    const { entity } = identity.remote({ ...record, remote: addressOf('10.96.0.7'), lastSeenUnixMs });
    return entity.type === 'workload' || entity.type === 'service' ? `${entity.type} ${entity.name}` : entity.type;
  };
  const hour = 3_600_000;
  identity.update(clusterOf(web()), start);
  identity.update(clusterOf(web(), inShop('blue-1', '10.1.0.1', 'blue')), start + hour / 4);
  identity.update(
    clusterOf(web(), inShop('blue-1', '10.1.0.1', 'blue'), inShop('green-1', '10.1.0.2', 'green')),
    start + hour / 2,
  );
  identity.update(clusterOf(web(), inShop('green-1', '10.1.0.2', 'green')), start + (3 * hour) / 4);
  const minute = 60_000;
  t.strictSame(
    [minute, hour / 4 + minute, hour / 2 + minute, (3 * hour) / 4 + minute].map((after) => at(start + after)),
    ['service web', 'workload blue', 'service web', 'workload green'],
  );
  t.strictSame(
    identity.services().map(({ ref, targets }) => [ref.name, [...targets].map(([key, each]) => [key, each.length])]),
    [['web', [['TCP/80', 1]]]],
  );
});

t.test('what is learnt names the pods and addresses that a batch may wait for', async (t) => {
  const identity = newIdentity();
  identity.update(clusterOf(web()), start);
  const learnt = identity.update(clusterOf(web(), inShop('blue-1', '10.1.0.1', 'blue')), start + 1);
  t.strictSame([...learnt].toSorted(), ['10.1.0.1', '10.96.0.7', 'shop/blue-1', 'uid-blue-1']);
  t.strictSame([...identity.update(clusterOf(web(), inShop('blue-1', '10.1.0.1', 'blue')), start + 2)], []);
});
