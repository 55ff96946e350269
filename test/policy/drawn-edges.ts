import fc from 'fast-check';
import type { Edge } from '../../core/edge.ts';
import type { NetworkPolicy } from '../../core/kubernetes.ts';
import { cluster, deploy, edge, external } from './clusters.ts';
import { policy } from './peers.ts';

const names = ['a', 'b', 'c', 'd'] as const;

/** Four workloads of which two share a label, and one more in another namespace. */
export const small = cluster(
  deploy('a', { labels: { app: 'a', tier: 'x' } }),
  deploy('b', { labels: { app: 'b', tier: 'x' } }),
  deploy('c', { labels: { app: 'c', tier: 'y' } }),
  deploy('d', { pods: [{ app: 'd' }, { app: 'd', tier: 'x' }] }),
  deploy('far', { namespace: 'data' }),
);

const workloadName = fc.constantFrom(...names, 'data/Deployment/far', 'shop/Deployment/gone');
const port = fc.constantFrom(80, 81);
const verdict = fc.constantFrom('forwarded' as const, 'forwarded' as const, 'dropped' as const, 'refused' as const);

export const someEdges: fc.Arbitrary<Edge[]> = fc.uniqueArray(
  fc
    .tuple(
      workloadName,
      fc.oneof({ weight: 5, arbitrary: workloadName }, { weight: 1, arbitrary: fc.constant(external('203.0.113.7')) }),
      port,
      verdict,
    )
    .map(([client, server, number, seen]) => edge(client, server, number, { verdict: seen })),
  {
    minLength: 1,
    maxLength: 8,
    selector: ({ client, server, port: number }) => JSON.stringify([client, server, number]),
  },
);

const selector = fc.constantFrom<object>({}, ...names.map((app) => ({ matchLabels: { app } })), {
  matchLabels: { tier: 'x' },
});
const peer = fc.oneof(
  selector.map((podSelector) => ({ podSelector })),
  fc.constant({ namespaceSelector: {} }),
  fc.constant({ ipBlock: { cidr: '203.0.113.0/24' } }),
);
const rule = fc.record({ peers: fc.array(peer, { minLength: 1, maxLength: 2 }), ports: fc.subarray([80, 81]) });
const rules = fc.array(rule, { maxLength: 2 });

/** A policy of one of a few names, so that some replace others. */
export const somePolicy: fc.Arbitrary<NetworkPolicy> = fc
  .record({
    name: fc.constantFrom('p', 'q', 'r'),
    podSelector: selector,
    policyTypes: fc.subarray(['Ingress' as const, 'Egress' as const], { minLength: 1 }),
    ingress: rules,
    egress: rules,
  })
  .map(({ name, podSelector, policyTypes, ingress, egress }) => {
    const ports = (numbers: readonly number[]) => numbers.map((number) => ({ port: number }));
    return policy(
      {
        podSelector,
        policyTypes,
        ingress: ingress.map((each) => ({ from: each.peers, ports: ports(each.ports) })),
        egress: egress.map((each) => ({ to: each.peers, ports: ports(each.ports) })),
      },
      name,
    );
  });

/** Policies with names of their own. */
export const somePolicies = fc.uniqueArray(somePolicy, { maxLength: 3, selector: ({ metadata }) => metadata.name });
