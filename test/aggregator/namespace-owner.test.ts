import t from 'tap';
import type * as wire from '../../proto/wire.ts';
import { bearer, flowsIn, guarded } from './guarded.ts';
import { batchOf, call } from './pusher.ts';
import { podYaml } from './cluster-fixture.ts';

const inShop = { scope: { namespace: 'shop', workload: null } };

/** Names, labels, addresses and nodes of what the owner of shop may not see. */
const secret = /redis|backup|billing|ledger|"data"|pci|10\.1\.0\.[4-7]\b/;

/** Two workloads of data and one of billing talk with shop/frontend on the same ports. */
export async function owning(t: Parameters<typeof guarded>[0]) {
  const all = await guarded(t, {}, [
    podYaml({ name: 'ledger-0', ip: '10.1.0.6', namespace: 'billing', deployment: 'ledger', labels: { zone: 'pci' } }),
    podYaml({ name: 'cart-1', ip: '10.1.0.2', deployment: 'cart' }),
  ]);
  const of = (namespace: string, record: ReturnType<typeof call>) => ({ ...record, pod: { ...record.pod, namespace } });
  all.agent.send(
    batchOf(2, [
      of('data', call('redis-0', '10.1.0.1', 8080)),
      of('data', call('backup-0', '10.1.0.1', 8080)),
      of('billing', call('ledger-0', '10.1.0.1', 8080)),
      { ...call('frontend-1', '10.1.0.4', 6379), remoteName: 'redis.data.svc.cluster.local' },
      call('frontend-1', '10.1.0.2', 8081),
    ]),
  );
  await all.agent.ackThrough(2);
  return all;
}

t.test('the owner of a namespace gets its map, its timeline and its status, and nothing of others', async (t) => {
  const { as, post } = await owning(t);
  const { query } = as('shopper');
  const graph = await query.getGraph({ ...inShop, openNamespaces: ['data', 'billing'] });
  t.strictSame(
    graph.nodes.map(({ id }) => id),
    ['unresolved:hidden', 'workload:shop/Deployment/cart', 'workload:shop/Deployment/frontend'],
  );
  t.match(graph.links, [
    { source: 'unresolved:hidden', target: 'workload:shop/Deployment/frontend', edges: 1 },
    { source: 'workload:shop/Deployment/frontend', target: 'unresolved:hidden', edges: 1 },
    { source: 'workload:shop/Deployment/frontend', target: 'workload:shop/Deployment/cart', edges: 1 },
  ]);
  const focus = { scope: { namespace: 'shop', workload: { namespace: 'shop', kind: 'Deployment', name: 'cart' } } };
  t.equal((await query.getGraph({ ...focus, hops: 5 })).nodes.length, 3, 'what is hidden is no way on');
  const { buckets } = await query.getTimeline({ ...inShop, buckets: 1 });
  t.match(buckets.at(-1), { forwarded: 3 }, 'three callers that are hidden count as one');
  const { clusters } = await query.getStatus({ namespace: 'shop' });
  t.match(clusters, [{ name: 'demo', workloads: 2, pods: 2, edges: 3, problems: [] }]);
  t.match(
    (await query.listWorkloads({ namespace: 'shop' })).workloads.map((each) => [each.ingressEdges, each.egressEdges]),
    [
      [1, 0],
      [1, 2],
    ],
  );
  for (const [path, request] of Object.entries({
    'query/getGraph': { ...inShop, openNamespaces: ['data'], hops: 3 },
    'query/getTimeline': inShop,
    'query/getStatus': { namespace: 'shop' },
    'query/listEdges': inShop,
    'query/listWorkloads': { namespace: 'shop' },
    'query/listServices': { namespace: 'shop' },
    'query/listNamespaces': {},
  })) {
    const reply = await post(path, request, bearer('shopper'));
    t.equal(reply.status, 200, path);
    t.notMatch(reply.body, secret, path);
  }
});

t.test('how many are hidden is told nowhere', async (t) => {
  const { as, agent } = await owning(t);
  const { query } = as('shopper');
  const ask = async () => {
    const { edges, totalEdges } = await query.listEdges({ ...inShop, pageSize: 1 });
    const { nodes, links } = await query.getGraph(inShop);
    const { buckets } = await query.getTimeline({ ...inShop, buckets: 1 });
    const { clusters } = await query.getStatus({ namespace: 'shop' });
    const rows = buckets.map(({ forwarded }) => forwarded);
    return [edges.length, totalEdges, nodes.length, links.map(({ edges: of }) => of), rows, clusters[0]?.edges];
  };
  const before = await ask();
  const another = call('other-0', '10.1.0.1', 8080);
  agent.send(batchOf(3, [{ ...another, pod: { ...another.pod, namespace: 'data' } }]));
  await agent.ackThrough(3);
  t.strictSame(await ask(), before);
});

t.test('a filter is asked of what may be seen, so that it tells nothing', async (t) => {
  const { as } = await owning(t);
  const { query } = as('shopper');
  const count = async (filter: string) => (await query.listEdges({ ...inShop, filter })).edges.length;
  t.equal(await count('server.namespace=data'), 0);
  t.equal(await count('client.label.zone=pci'), 0);
  t.equal(await count('port=8080'), 1);
  t.equal(await count('server.workload=cart'), 1);
  const { buckets } = await query.getTimeline({ ...inShop, filter: 'client.namespace=billing' });
  t.notOk(buckets.some(({ forwarded }) => forwarded > 0));
});

t.test('pages are for those who see the same', async (t) => {
  const { as, api } = await owning(t);
  const first = await as('viewer').query.listEdges({ ...inShop, pageSize: 1 });
  const { nextPageToken: pageToken } = first;
  await t.rejects(as('shopper').query.listEdges({ ...inShop, pageSize: 1, pageToken }), { code: 3 });
  api.accounts.grants = [...api.accounts.grants, flowsIn('shopper', 'data')];
  const named = (edges: readonly wire.Edge[]) => JSON.stringify(edges);
  const { edges } = await as('shopper').query.listEdges(inShop);
  t.match(named(edges), /redis/, 'what one may see is named');
  t.notMatch(named(edges), /ledger/, 'the rest is not');
});

t.test(
  'the owner of a namespace gets policies for it that keep its traffic, and that name nobody who is hidden',
  async (t) => {
    const { as, post } = await owning(t);
    const { policy } = as('shopper');
    const made = await policy.generate({ ...inShop, comments: true });
    t.strictSame(
      made.policies.map(({ workload }) => workload?.name),
      ['cart', 'frontend'],
    );
    t.match(made.replay, { flows: 3, allowed: 3, denied: 0, depends: 0, findings: [] });
    t.match(made.yaml, /namespaceSelector: \{\}/);
    const hidden = made.policies.flatMap(({ rules }) => rules).filter(({ summary }) => /hidden/.test(summary));
    t.match(hidden, [
      { direction: 'ingress', edges: 1, confidence: 'low' },
      { direction: 'egress', edges: 1, confidence: 'low' },
    ]);
    t.match(hidden[0]?.confidenceReason, /every namespace is let through/);
    t.match(made.completeness, { complete: false, reasons: [/./, /hidden from whoever asked/] });

    const viewer = as('viewer').policy;
    const manifests = [{ source: 'made.yaml', text: made.yaml }];
    const proof = await viewer.check({ ...inShop, manifests });
    t.match(proof.replay, { flows: 5, allowed: 5, denied: 0, depends: 0 }, 'who sees all proves that nothing breaks');
    t.match((await policy.check({ ...inShop, manifests })).replay, { flows: 3, allowed: 3, denied: 0, depends: 0 });
    for (const [path, request] of Object.entries({
      'policy/generate': { ...inShop, comments: true },
      'policy/check': { ...inShop, manifests },
      'policy/listApplied': inShop,
      'policy/getIsolation': inShop,
    })) {
      const reply = await post(path, request, bearer('shopper'));
      t.equal(reply.status, 200, path);
      t.notMatch(reply.body, secret, path);
    }
  },
);

const candidate = (rules: string) =>
  [
    'apiVersion: networking.k8s.io/v1',
    'kind: NetworkPolicy',
    'metadata: { name: frontend, namespace: shop }',
    `spec: { podSelector: { matchLabels: { app: frontend } }, policyTypes: [Ingress], ingress: ${rules} }`,
  ].join('\n');

t.test('no candidate finds out by trial what hidden ends are called', async (t) => {
  const { as } = await owning(t);
  const { policy } = as('shopper');
  const ask = async (rules: string) => {
    const { replay } = await policy.check({ ...inShop, manifests: [{ source: 'a.yaml', text: candidate(rules) }] });
    const [finding] = (replay?.findings ?? []).filter(({ edge }) => edge?.port === 8080);
    return finding?.decision ?? 'allowed';
  };
  const from = (peer: string) => `[{ from: [${peer}], ports: [{ port: 8080 }] }]`;
  const guesses = [
    'namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: data } }',
    'namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: no-such } }',
    'namespaceSelector: {}, podSelector: { matchLabels: { zone: pci } }',
    'namespaceSelector: {}, podSelector: { matchLabels: { zone: none } }',
    'ipBlock: { cidr: 10.1.0.6/32 }',
    'ipBlock: { cidr: 192.0.2.1/32 }',
  ];
  for (const guess of guesses) t.equal(await ask(from(`{ ${guess} }`)), 'depends', guess);
  t.equal(await ask(from('{ namespaceSelector: {} }')), 'allowed', 'every namespace holds those that are hidden');
  t.equal(await ask('[{}]'), 'allowed');
  t.equal(await ask('[]'), 'denied');
  t.equal(await ask(from('{ podSelector: {} }')), 'denied', 'they are not in the own namespace');
  const own = 'namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: shop } }';
  t.equal(await ask(from(`{ ${own} }`)), 'denied');
  t.equal(await ask('[{ from: [{ namespaceSelector: {} }], ports: [{ port: 9 }] }]'), 'denied', 'on another port');
});

t.test('policies for other namespaces, and for the cluster, are for those who see these', async (t) => {
  const { as, api } = await owning(t);
  const { policy } = as('shopper');
  const elsewhere = candidate('[]').replace('namespace: shop', 'namespace: data');
  await t.rejects(policy.check({ ...inShop, manifests: [{ source: 'a', text: elsewhere }] }), {
    code: 7,
    details: /data/,
  });
  const service = { namespace: 'data', name: 'redis' };
  await t.rejects(policy.generate({ ...inShop, service }), { code: 7, details: /namespace data/ });
  const manualRules = [{ direction: 'egress', peer: 'namespace', namespace: 'data', ports: [] }] as const;
  const unknown = [{ ...manualRules[0], namespace: 'no-such' }] as const;
  const refusal = async (rules: typeof manualRules | typeof unknown) =>
    await policy.generate({ ...inShop, manualRules: rules }).then(
      () => 'made',
      (error: Error) => error.message.replace(/data|no-such/g, 'X'),
    );
  t.equal(await refusal(manualRules), await refusal(unknown), 'what is hidden and what is not there look alike');
  await t.rejects(policy.why({ client: null, server: null }), { code: 7 });
  api.accounts.grants = [...api.accounts.grants, flowsIn('shopper', 'data')];
  const { yaml } = await policy.generate(inShop);
  t.match(yaml, /redis/, 'what one may see is named');
  t.notMatch(yaml, /ledger|billing/, 'the rest is not');
});
