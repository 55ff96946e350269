import fc from 'fast-check';
import { nodeYaml, podYaml, serviceYaml } from './cluster-fixture.ts';

/** When each history begins. */
export const start = Date.parse('2026-03-01T10:00:00Z');
const names = ['a', 'b', 'c'] as const;
export const ips = ['10.1.0.1', '10.1.0.2', '10.1.0.3'] as const;

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
/** What a state of a small cluster is made of. */
export const parts = {
  pods: uniquely(pod),
  services: uniquely(service),
  slices: uniquely(slice),
  nodes: fc.subarray(['n1', 'n2']),
};

type Parts = {
  readonly [Part in keyof typeof parts]: (typeof parts)[Part] extends fc.Arbitrary<infer Value> ? Value : never;
};

/** The manifests of its objects. */
export function manifestsOf({ pods, services, slices, nodes }: Parts): string[] {
  return [
    ...[...pods, ...services].map(({ yaml }) => yaml),
    ...slices.map((each) => sliceYaml(each, pods)),
    ...nodes.map((name) => nodeYaml(name, `172.30.0.${name === 'n1' ? 1 : 2}`, `10.244.${name === 'n1' ? 1 : 2}.0/24`)),
  ];
}

export const state = fc.record(parts).map(manifestsOf);

/** The controllers are there from the beginning to the end: what is remembered of those that are gone is tested elsewhere. */
export const controllers = ['cart', 'ads'].flatMap((name) =>
  podYaml({ name, ip: '', deployment: name, labels: { tier: 'none' } })
    .split('\n---\n')
    .slice(1),
);
