import t from 'tap';
import type { Address } from '../../core/address.ts';
import type { Edge } from '../../core/edge.ts';
import { directionEvidence } from '../../core/flow.ts';
import { generate } from '../../policy/generate/generate.ts';
import { cluster, deploy, edge, workload } from './clusters.ts';

const shop = cluster(
  deploy('web'),
  deploy('cart'),
  deploy('bare', { labels: {} }),
  deploy('proxy', { kind: 'DaemonSet', hostNetwork: true }),
);

function egressOfWeb(given: Edge) {
  const ref = { namespace: 'shop', kind: 'Deployment', name: 'web' };
  const { policies, excluded } = generate({
    cluster: shop,
    edges: [given],
    scope: { namespace: null, workload: ref },
    directions: ['ingress', 'egress'],
  });
  return { rules: policies.flatMap((each) => each.rules), excluded };
}

const cases: Record<string, [given: Edge, reason: RegExp]> = {
  'a dropped connection': [edge('web', 'cart', 80, { verdict: 'dropped' }), /dropped/],
  'a refused connection': [edge('web', 'cart', 80, { verdict: 'refused' }), /refused/],
  'TCP without an answer': [edge('web', 'cart', 80, { verdict: 'unanswered' }), /never answered/],
  'refused UDP': [edge('web', 'cart', 53, { protocol: 'UDP', verdict: 'refused' }), /refused/],
  'a refused SCTP association': [edge('web', 'cart', 80, { protocol: 'SCTP', verdict: 'refused' }), /refused/],
  'a direction that only the port numbers tell': [
    edge('web', 'cart', 80, { directionBy: 'ports' }),
    /only the port numbers tell which end is the client/,
  ],
  'UDP with a direction that only the port numbers tell': [
    edge('web', 'cart', 53, { protocol: 'UDP', directionBy: 'ports' }),
    /only the port numbers/,
  ],
  'a refused ping': [edge('web', 'cart', 2048, { protocol: 'ICMP', verdict: 'refused' }), /ICMP/],
  'dropped UDP': [edge('web', 'cart', 53, { protocol: 'UDP', verdict: 'dropped' }), /dropped/],
  'SCTP without an answer': [edge('web', 'cart', 80, { protocol: 'SCTP', verdict: 'unanswered' }), /never answered/],
  ICMP: [edge('web', 'cart', 2048, { protocol: 'ICMP' }), /ICMP/],
  ICMPv6: [edge('web', 'cart', 32768, { protocol: 'ICMPv6' }), /ICMP/],
  'a node': [edge('web', { type: 'node', name: 'n1' }, 10250), /node/],
  'a Service without one workload': [
    edge('web', { type: 'service', namespace: 'default', name: 'kubernetes' }, 443),
    /Service/,
  ],
  'an address that could not be resolved': [
    edge('web', { type: 'unresolved', address: '10.0.0.9' as Address, reason: 'pod-cidr' }, 80),
    /resolved \(pod-cidr\)/,
  ],
  'a workload that is gone': [edge('web', workload('shop/Deployment/gone'), 80), /no longer in the cluster/],
  'a workload without stable labels': [edge('web', 'bare', 80), /no label/],
  'a workload on the network of its nodes': [edge('web', workload('shop/DaemonSet/proxy'), 80), /node's network/],
  'port 0': [edge('web', 'cart', 0, { protocol: 'UDP' }), /port 0/],
};

for (const [what, [given, reason]] of Object.entries(cases)) {
  t.test(`${what} makes no rule, and is listed with its reason`, (t) => {
    const { rules, excluded } = egressOfWeb(given);
    t.same(rules, []);
    t.equal(excluded.length, 1);
    t.match(excluded[0], { edge: given, direction: 'egress', reason });
    t.end();
  });
}

t.test('any evidence but the port numbers is enough for a rule, in both directions', (t) => {
  for (const directionBy of directionEvidence) {
    const { policies, excluded } = generate({
      cluster: shop,
      edges: [edge('web', 'cart', 80, { directionBy })],
      scope: { namespace: null, workload: null },
      directions: ['ingress', 'egress'],
    });
    const rules = policies.flatMap((each) => each.rules).length;
    t.same([rules, excluded.length], directionBy === 'ports' ? [0, 2] : [2, 0], directionBy);
  }
  t.end();
});

t.test('an SCTP association makes a rule for SCTP', (t) => {
  const { rules } = egressOfWeb(edge('web', 'cart', 3868, { protocol: 'SCTP' }));
  t.same(
    rules.map((rule) => rule.summary),
    ['to shop/deployment/cart on SCTP 3868'],
  );
  t.end();
});

t.test('one edge that has no rule does not stop the others', (t) => {
  const { policies, excluded } = generate({
    cluster: shop,
    edges: [edge('web', workload('shop/Deployment/gone'), 80), edge('web', 'cart', 80)],
    scope: { namespace: null, workload: null },
    directions: ['egress'],
  });
  t.equal(policies.flatMap((each) => each.rules).length, 1);
  t.equal(excluded.length, 1);
  t.end();
});

t.test('every edge at a workload in scope is in a rule or listed, once for each direction', (t) => {
  const edges = [...Object.values(cases).map(([given]) => given), edge('web', 'cart', 80), edge('cart', 'web', 81)];
  const { policies, excluded } = generate({
    cluster: shop,
    edges,
    scope: { namespace: null, workload: null },
    directions: ['ingress', 'egress'],
  });
  const ruled = policies.flatMap((each) => each.rules).flatMap((rule) => rule.edges);
  const ends = edges.flatMap(({ client, server }) => [client, server]).filter((end) => end.type === 'workload');
  t.equal(ruled.length + excluded.length, ends.length);
  t.equal(ruled.length, 4);
  t.end();
});

t.test('what is allowed does not depend on the port that a client was given for its replies', (t) => {
  const { rules } = egressOfWeb(edge('cart', 'web', 8080));
  t.same(
    rules.map((rule) => rule.summary),
    ['from shop/deployment/cart on TCP 8080'],
    'an ingress edge makes no egress rule back',
  );
  t.end();
});
