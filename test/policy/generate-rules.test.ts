import t from 'tap';
import type { Edge } from '../../core/edge.ts';
import type { Direction } from '../../core/flow.ts';
import type { ClusterSnapshot } from '../../core/kubernetes.ts';
import { generate, type GenerateInput } from '../../policy/generate/generate.ts';
import { mergeGrants } from '../../policy/generate/rule.ts';
import { onePort } from '../../policy/generate/rule-port.ts';
import { cluster, deploy, edge, external, workload } from './clusters.ts';

const shop = cluster(
  deploy('web'),
  deploy('cart'),
  deploy('ads'),
  deploy('redis', { namespace: 'data', kind: 'StatefulSet' }),
  deploy('redis', { labels: { app: 'redis', env: 'shop' } }),
);

function all(
  edges: readonly Edge[],
  directions: readonly Direction[] = ['ingress', 'egress'],
  of: ClusterSnapshot = shop,
) {
  return generate({ cluster: of, edges, scope: { namespace: null, workload: null }, directions });
}

function specOf(name: string, ...given: Parameters<typeof all>) {
  const found = all(...given).policies.find((each) => each.workload.name === name);
  return found?.policy.spec;
}

const pods = (app: string) => ({ podSelector: { matchLabels: { app } } });
const tcp = (port: number) => ({ protocol: 'TCP', port });
const udp = (port: number) => ({ protocol: 'UDP', port });

t.test('every workload in scope is isolated in the chosen directions, also without traffic', (t) => {
  const { policies } = all([], ['ingress', 'egress']);
  t.equal(policies.length, 5);
  for (const { policy, notes } of policies) {
    t.same(policy.spec.policyTypes, ['Ingress', 'Egress']);
    t.notOk(policy.spec.ingress || policy.spec.egress);
    t.equal(notes.filter((note) => note.includes('is denied')).length, 2);
  }
  t.same(all([], ['egress']).policies[0]?.policy.spec.policyTypes, ['Egress']);
  t.same(all([], []).policies, []);
  t.end();
});

t.test('a policy says that Weir made it', (t) => {
  const { metadata, apiVersion, kind } = all([]).policies[0]?.policy ?? {};
  t.match({ apiVersion, kind }, { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' });
  t.same(metadata?.labels, { 'app.kubernetes.io/managed-by': 'weir' });
  t.end();
});

t.test('an edge makes an egress rule at its client and an ingress rule at its server', (t) => {
  const edges = [edge('web', 'cart', 7070)];
  t.same(specOf('web', edges)?.egress, [{ to: [pods('cart')], ports: [tcp(7070)] }]);
  t.same(specOf('cart', edges)?.ingress, [{ from: [pods('web')], ports: [tcp(7070)] }]);
  t.notOk(specOf('web', edges)?.ingress);
  t.notOk(specOf('cart', edges)?.egress);
  t.end();
});

t.test('a rule names the port that the pod listens on, not that of a Service before it', (t) => {
  const viaService = { ...edge('web', 'cart', 7070), services: [{ namespace: 'shop', name: 'cart' }] };
  t.same(specOf('web', [viaService])?.egress?.[0]?.ports, [tcp(7070)]);
  t.end();
});

t.test('a peer of another namespace is named by its name label, one of the same by none', (t) => {
  const edges = [edge('web', 'data/StatefulSet/redis', 6379), edge('web', 'redis', 6379)];
  t.same(specOf('web', edges)?.egress, [
    {
      to: [
        pods('redis'),
        {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'data' } },
          podSelector: { matchLabels: { app: 'redis' } },
        },
      ],
      ports: [tcp(6379)],
    },
  ]);
  t.end();
});

t.test('workloads of one name in two namespaces stay two', (t) => {
  const { policies } = all([edge('web', 'data/StatefulSet/redis', 6379)]);
  const redis = policies.filter((each) => each.workload.name === 'redis');
  t.same(
    redis.map(({ policy }) => [policy.metadata.namespace, policy.spec.ingress?.length ?? 0]),
    [
      ['data', 1],
      ['shop', 0],
    ],
  );
  t.end();
});

t.test('an external address is a block of its own: /32, and /128 for IPv6', (t) => {
  const edges = [edge('web', external('203.0.113.7'), 443), edge(external('2001:db8::7'), 'web', 443)];
  t.same(specOf('web', edges)?.egress?.[0]?.to, [{ ipBlock: { cidr: '203.0.113.7/32' } }]);
  t.same(specOf('web', edges)?.ingress?.[0]?.from, [{ ipBlock: { cidr: '2001:db8::7/128' } }]);
  t.end();
});

t.test('peers with the same ports share a rule, and a peer with several ports has one', (t) => {
  const edges = [
    edge('web', 'cart', 80),
    edge('web', 'cart', 9090),
    edge('web', 'ads', 80),
    edge('web', 'ads', 9090),
    edge('web', external('203.0.113.7'), 80),
  ];
  t.same(specOf('web', edges)?.egress, [
    { to: [pods('ads'), pods('cart')], ports: [tcp(80), tcp(9090)] },
    { to: [{ ipBlock: { cidr: '203.0.113.7/32' } }], ports: [tcp(80)] },
  ]);
  t.end();
});

t.test('merging never gives a peer the port of another', (t) => {
  const edges = [edge('web', 'cart', 80), edge('web', 'ads', 81)];
  t.same(specOf('web', edges)?.egress, [
    { to: [pods('ads')], ports: [tcp(81)] },
    { to: [pods('cart')], ports: [tcp(80)] },
  ]);
  t.end();
});

t.test('merging does not depend on the order of what is merged', (t) => {
  const twin = (name: string) => ({
    peer: { type: 'pods' as const, namespace: null, labels: { app: 'x' } },
    peerLabel: name,
    ports: [onePort('TCP', 80)],
    edge: edge('web', name, 80),
    edgeKey: name,
    catches: [],
    doubts: [],
  });
  const grants = [
    twin('b'),
    twin('a'),
    { ...twin('c'), peer: { type: 'pods' as const, namespace: null, labels: { app: 'c' } } },
  ];
  const [rule, ...others] = mergeGrants(grants);
  t.same(rule?.peerLabels, ['c', 'a', 'b']);
  t.same(others, []);
  t.same(mergeGrants(grants.toReversed()), [rule]);
  t.end();
});

t.test('ports are sorted by number, and one number of two protocols is two ports', (t) => {
  const edges = [
    edge('web', 'cart', 8080),
    edge('web', 'cart', 443, { protocol: 'UDP' }),
    edge('web', 'cart', 443),
    edge('web', 'cart', 3868, { protocol: 'SCTP' }),
  ];
  t.same(specOf('web', edges)?.egress?.[0]?.ports, [tcp(443), udp(443), { protocol: 'SCTP', port: 3868 }, tcp(8080)]);
  t.end();
});

t.test('the pods of a workload may talk to each other where they were seen to', (t) => {
  const spec = specOf('redis', [edge('data/StatefulSet/redis', 'data/StatefulSet/redis', 6379)]);
  t.same(spec?.ingress, [{ from: [pods('redis')], ports: [tcp(6379)] }]);
  t.same(spec?.egress, [{ to: [pods('redis')], ports: [tcp(6379)] }]);
  t.end();
});

t.test('a rule knows the edges that caused it', (t) => {
  const first = edge('web', 'cart', 80, { connections: 3, firstSeenUnixMs: 50, lastSeenUnixMs: 60 });
  const second = edge('web', 'ads', 80, { connections: 4, firstSeenUnixMs: 40, lastSeenUnixMs: 90 });
  const { policies } = all([first, second]);
  const web = policies.find((each) => each.workload.name === 'web');
  t.same(web?.rules, [
    {
      direction: 'egress',
      index: 0,
      summary: 'to shop/deployment/ads, shop/deployment/cart on TCP 80',
      edges: [second, first],
      connections: 7,
      firstSeenUnixMs: 40,
      lastSeenUnixMs: 90,
      confidence: 'medium',
      confidenceReason: 'seen for less than an hour; reported by one end only',
      alsoAllows: [],
    },
  ]);
  t.end();
});

t.test('UDP that nobody answered and nobody dropped is allowed, with a note', (t) => {
  const edges = [edge('web', 'cart', 8125, { protocol: 'UDP', verdict: 'unanswered' })];
  t.same(specOf('web', edges)?.egress?.[0]?.ports, [udp(8125)]);
  const notes = all(edges).policies.flatMap((each) => each.notes);
  t.ok(
    notes.some((note) =>
      note.startsWith('egress[0] allows UDP 8125 with shop/deployment/cart, which was never answered'),
    ),
  );
  t.end();
});

t.test('many clients that nobody answers make one note', (t) => {
  const many = cluster(deploy('statsd'), ...Array.from({ length: 9 }, (_, index) => deploy(`w${index}`)));
  const edges = Array.from({ length: 9 }, (_, index) =>
    edge(`w${index}`, 'statsd', 8125, { protocol: 'UDP', verdict: 'unanswered' }),
  );
  const statsd = all(edges, ['ingress'], many).policies.find((each) => each.workload.name === 'statsd');
  t.match(statsd?.notes, [/^ingress\[0\] allows UDP 8125 with .*w3 and 5 more, which was never answered/]);
  t.equal(statsd?.notes.length, 1);
  t.end();
});

t.test('no rule is without peers unless everything was asked for: an empty list means everyone', (t) => {
  const edges = [edge('web', 'cart', 80), edge('web', external('203.0.113.7'), 443), edge('cart', 'ads', 1)];
  for (const { policy } of all(edges).policies) {
    for (const { from } of policy.spec.ingress ?? []) t.ok(from && from.length > 0);
    for (const { to } of policy.spec.egress ?? []) t.ok(to && to.length > 0);
    for (const { from = [] } of policy.spec.ingress ?? []) for (const peer of from) t.not(Object.keys(peer).length, 0);
  }
  t.end();
});

t.test('a peer whose labels another workload shares is noted: the rule covers more than was seen', (t) => {
  const twins = cluster(deploy('web'), deploy('a', { labels: { app: 'x' } }), deploy('b', { labels: { app: 'x' } }));
  const { policies } = all([edge('web', 'a', 80)], ['egress'], twins);
  const web = policies.find((each) => each.workload.name === 'web');
  t.same(web?.notes, ['egress[0] covers more than was seen: shop/deployment/b.']);
  const both = all([edge('web', 'a', 80), edge('web', 'b', 80)], ['egress'], twins);
  const again = both.policies.find((each) => each.workload.name === 'web');
  t.same(again?.notes, []);
  t.same(again?.policy.spec.egress, [{ to: [pods('x')], ports: [tcp(80)] }], 'one peer stands for both');
  t.end();
});

t.test('scope chooses who gets a policy, not who may be a peer', (t) => {
  const edges = [edge('web', 'data/StatefulSet/redis', 6379)];
  const given = (scope: GenerateInput['scope']) =>
    generate({ cluster: shop, edges, scope, directions: ['ingress', 'egress'] });
  const inData = given({ namespace: 'data', workload: null });
  t.same(
    inData.policies.map(({ workload: ref }) => ref.name),
    ['redis'],
  );
  t.equal(inData.policies[0]?.policy.spec.ingress?.length, 1);
  const ref = { namespace: 'shop', kind: 'Deployment', name: 'web' };
  t.same(
    given({ namespace: null, workload: ref }).policies.map((each) => each.workload),
    [ref],
  );
  t.end();
});

t.test('a scope that the cluster does not have is an error', (t) => {
  const given = (scope: GenerateInput['scope']) => () =>
    generate({ cluster: shop, edges: [], scope, directions: ['egress'] });
  t.throws(given({ namespace: 'nowhere', workload: null }), { code: 'NAMESPACE_UNKNOWN' });
  const missing = { namespace: 'shop', kind: 'Deployment', name: 'nobody' };
  t.throws(given({ namespace: null, workload: missing }), { code: 'WORKLOAD_UNKNOWN' });
  t.end();
});

t.test('a workload at rest gets a policy, one whose pods are done for good does not', (t) => {
  const done = {
    kind: 'Pod',
    metadata: { name: 'once', namespace: 'shop', labels: { app: 'once' } },
    status: { phase: 'Succeeded' },
  };
  const found = all([], ['egress'], cluster(deploy('report', { kind: 'CronJob', pods: [] }), [done]));
  t.same(
    found.policies.map((each) => each.workload.name),
    ['report'],
  );
  t.end();
});

t.test('a workload on the network of its nodes gets no policy, and its edges say so', (t) => {
  const host = cluster(deploy('web'), deploy('proxy', { kind: 'DaemonSet', hostNetwork: true }));
  const { policies, skipped, excluded } = all([edge(workload('shop/DaemonSet/proxy'), 'web', 80)], ['egress'], host);
  t.same(
    policies.map((each) => each.workload.name),
    ['web'],
  );
  t.match(skipped, [{ workload: { name: 'proxy' }, reason: /node's network/ }]);
  t.match(excluded, [{ direction: 'egress', reason: 'its own workload gets no policy' }]);
  t.end();
});
