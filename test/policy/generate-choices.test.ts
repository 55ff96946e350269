import t from 'tap';
import type { Address } from '../../core/address.ts';
import type { Edge } from '../../core/edge.ts';
import type { Entity } from '../../core/identity.ts';
import { generate } from '../../policy/generate/generate.ts';
import type { GenerateOptions, RowChoice } from '../../policy/generate/generate-options.ts';
import { cluster, deploy, edge, external, workload } from './clusters.ts';

const shop = cluster(
  deploy('web'),
  deploy('cart', { ports: [{ name: 'http', containerPort: 8080 }] }),
  deploy('ads', { ports: [{ name: 'http', containerPort: 8080 }] }),
  deploy('redis', { namespace: 'data', kind: 'StatefulSet' }),
  deploy('proxy', { kind: 'DaemonSet', hostNetwork: true }),
  [
    {
      kind: 'Service',
      metadata: { name: 'front', namespace: 'shop' },
      spec: { clusterIP: '10.96.0.9', selector: { app: 'cart' }, ports: [{ port: 80, targetPort: 'http' }] },
    },
  ],
);
const web = { namespace: 'shop', kind: 'Deployment', name: 'web' };

function made(edges: readonly Edge[], options: Partial<GenerateOptions>) {
  return generate({ cluster: shop, edges, scope: { namespace: null, workload: web }, directions: ['egress'], options });
}

function egress(edges: readonly Edge[], options: Partial<GenerateOptions>) {
  return made(edges, options).policies[0]?.policy.spec.egress;
}

function choice(of: Edge, include: boolean, cidr: string | null = null): RowChoice {
  const { client, server, protocol, port } = of;
  return { client, server, protocol, port, direction: 'egress', include, cidr };
}

const pods = (app: string) => ({ podSelector: { matchLabels: { app } } });
const tcp = (port: number) => ({ protocol: 'TCP', port });
const unresolved: Entity = { type: 'unresolved', address: '10.9.0.7' as Address, reason: 'pod-cidr' };

t.test('a row that is left out by choice makes no rule, and is listed', (t) => {
  const row = edge('web', 'cart', 8080);
  const { policies, excluded } = made([row], { choices: [choice(row, false)] });
  t.same(policies[0]?.rules, []);
  t.match(excluded, [{ edge: row, reason: 'it was left out by choice' }]);
  t.end();
});

t.test('a row that would be left out makes a rule when it is chosen, with little confidence and the reason', (t) => {
  const rows: [Edge, unknown, RegExp][] = [
    [edge('web', 'cart', 1, { verdict: 'dropped' }), pods('cart'), /never came through/],
    [edge('web', 'cart', 2, { directionBy: 'ports' }), pods('cart'), /only the port numbers/],
    [edge('web', unresolved, 3), { ipBlock: { cidr: '10.9.0.7/32' } }, /was not resolved/],
  ];
  for (const [row, peer, reason] of rows) {
    t.same(made([row], {}).policies[0]?.rules, []);
    const { policies } = made([row], { choices: [choice(row, true)] });
    t.same(policies[0]?.policy.spec.egress, [{ to: [peer], ports: [tcp(row.port)] }]);
    t.match(policies[0]?.rules, [{ confidence: 'low', confidenceReason: reason }]);
  }
  t.end();
});

t.test('a chosen row allows a block in place of its address', (t) => {
  const rows = [edge('web', unresolved, 443), edge('web', external('203.0.113.7'), 443)];
  const choices = [choice(rows[0] as Edge, true, '10.9.0.0/16'), choice(rows[1] as Edge, true, '203.0.113.0/24')];
  t.same(egress(rows, { choices }), [
    { to: [{ ipBlock: { cidr: '10.9.0.0/16' } }, { ipBlock: { cidr: '203.0.113.0/24' } }], ports: [tcp(443)] },
  ]);
  t.end();
});

t.test('an address counts as the same row once it has another name', (t) => {
  const row = edge('web', external('10.9.0.7'), 443);
  t.notOk(egress([row], { choices: [choice(edge('web', unresolved, 443), false)] }));
  t.end();
});

t.test('an alias that is not allowed gives way to a choice: the address alone', (t) => {
  const alias = { name: 'tracker', cidr: '198.51.100.0/24', allowed: false };
  const row = edge('web', { type: 'external', address: '198.51.100.1' as Address, alias }, 443);
  t.notOk(egress([row], {}));
  t.same(egress([row], { choices: [choice(row, true)] })?.[0]?.to, [{ ipBlock: { cidr: '198.51.100.1/32' } }]);
  t.end();
});

t.test('a chosen Service leads to the workloads behind it, on their own ports', (t) => {
  const row = edge('web', { type: 'service', namespace: 'shop', name: 'front' }, 80);
  t.same(egress([row], { choices: [choice(row, true)] }), [{ to: [pods('cart')], ports: [tcp(8080)] }]);
  t.end();
});

t.test('nodes and ICMP never make a rule, whoever chooses them', (t) => {
  const rows = [
    edge('web', { type: 'node', name: 'n1' }, 10250),
    edge('web', workload('shop/DaemonSet/proxy'), 80),
    edge('web', 'cart', 2048, { protocol: 'ICMP' }),
  ];
  const { policies, excluded } = made(rows, { choices: rows.map((row) => choice(row, true)) });
  t.same(policies[0]?.rules, []);
  t.equal(excluded.length, 3);
  t.end();
});

t.test('choices that contradict each other are refused, and those without a row are noted', (t) => {
  const row = edge('web', 'cart', 8080);
  t.throws(() => made([row], { choices: [choice(row, true), choice(row, false)] }), {
    code: 'QUERY_INVALID',
    message: /two choices contradict each other about egress shop\/deployment\/web -> shop\/deployment\/cart 8080\/TCP/,
  });
  t.same(made([row], { choices: [choice(row, true), choice(row, true)] }).notes, []);
  t.same(made([], { choices: [choice(row, true)] }).notes, [
    'A choice is about a row that was not seen: egress shop/deployment/web -> shop/deployment/cart 8080/TCP.',
  ]);
  const many = Array.from({ length: 50 }, (_, port) => choice(edge('web', 'cart', port + 1), true));
  t.equal(made([], { choices: many }).notes.at(-1), '30 more choices are about rows that were not seen.');
  t.end();
});

t.test('denied attempts make rules when asked for', (t) => {
  const rows = [edge('web', 'cart', 1, { verdict: 'dropped' }), edge('web', 'ads', 2, { verdict: 'unanswered' })];
  t.equal(egress(rows, { includeDenied: true })?.length, 2);
  t.end();
});

t.test('block all leaves what was chosen and what a person adds', (t) => {
  const [first, second] = [edge('web', 'cart', 8080), edge('web', 'ads', 8080)];
  const general = { ingress: 'observed', egress: 'block-all' } as const;
  t.notOk(egress([first, second], { general }));
  const manualRules = [{ direction: 'egress', peer: { type: 'namespace', namespace: 'data' }, ports: null }] as const;
  t.same(egress([first, second], { general, choices: [choice(first, true)], manualRules }), [
    { to: [pods('cart')], ports: [tcp(8080)] },
    { to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'data' } } }] },
  ]);
  t.end();
});

t.test('allow inside namespace stands for every rule inside it, and knows what was seen there', (t) => {
  const rows = [edge('web', 'cart', 8080), edge('web', 'data/StatefulSet/redis', 6379)];
  const { policies } = made(rows, { general: { ingress: 'observed', egress: 'allow-inside-namespace' } });
  t.match(policies[0]?.policy.spec.egress, [{ to: [{ podSelector: {} }] }, { ports: [tcp(6379)] }]);
  t.notOk(policies[0]?.policy.spec.egress?.[0]?.ports);
  t.match(policies[0]?.rules[0], { edges: [rows[0]], confidence: 'low', confidenceReason: /general rule/ });
  t.same(
    policies[0]?.rules[0]?.alsoAllows.map(({ name }) => name),
    ['proxy', 'ads', 'web'],
  );
  t.end();
});

t.test('allow all is one rule without peers or ports', (t) => {
  const general = { ingress: 'observed', egress: 'allow-all' } as const;
  t.same(egress([edge('web', 'cart', 8080)], { general }), [{}]);
  const row = edge('web', 'cart', 8080);
  const { excluded } = made([row], { general, choices: [choice(row, false)] });
  t.match(excluded, [{ reason: /everything is allowed all the same/ }]);
  t.end();
});

t.test('manual rules name blocks, namespaces and workloads, with ranges of ports', (t) => {
  const ports = [{ protocol: 'TCP', first: 8000, last: 8999 }] as const;
  const manualRules: GenerateOptions['manualRules'] = [
    { direction: 'egress', peer: { type: 'block', cidr: '2001:db8::/32' }, ports },
    { direction: 'egress', peer: { type: 'workload', namespace: 'data', kind: 'StatefulSet', name: 'redis' }, ports },
  ];
  t.match(egress([], { manualRules, peers: 'namespace' }), [
    {
      to: [{ podSelector: { matchLabels: { app: 'redis' } } }, { ipBlock: { cidr: '2001:db8::/32' } }],
      ports: [{ protocol: 'TCP', port: 8000, endPort: 8999 }],
    },
  ]);
  const { rules } = made([], { manualRules }).policies[0] ?? {};
  t.match(rules, [{ edges: [], firstSeenUnixMs: 0, lastSeenUnixMs: 0, confidence: 'low' }]);
  t.end();
});

t.test('a manual rule for what the cluster does not have, or no policy can name, is refused', (t) => {
  const refuses = (peer: GenerateOptions['manualRules'][number]['peer'], code: string) =>
    t.throws(() => made([], { manualRules: [{ direction: 'egress', peer, ports: null }] }), { code });
  refuses({ type: 'namespace', namespace: 'nowhere' }, 'NAMESPACE_UNKNOWN');
  refuses({ type: 'workload', namespace: 'shop', kind: 'Deployment', name: 'nobody' }, 'WORKLOAD_UNKNOWN');
  refuses({ type: 'workload', namespace: 'shop', kind: 'DaemonSet', name: 'proxy' }, 'QUERY_INVALID');
  t.end();
});

t.test('by namespace, a peer is every pod of its namespace, and who that lets through is named', (t) => {
  const rows = [edge('web', 'cart', 8080), edge('web', 'data/StatefulSet/redis', 6379)];
  const { policies } = made(rows, { peers: 'namespace' });
  t.same(policies[0]?.policy.spec.egress, [
    { to: [{ podSelector: {} }], ports: [tcp(8080)] },
    { to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'data' } } }], ports: [tcp(6379)] },
  ]);
  t.match(policies[0]?.rules[0]?.alsoAllows, [{ name: 'proxy' }, { name: 'ads' }, { name: 'web' }]);
  t.end();
});

t.test('adjacent ports become a range only when asked', (t) => {
  const rows = [80, 81, 82, 90].map((port) => edge('web', 'cart', port));
  t.equal(egress(rows, {})?.[0]?.ports?.length, 4);
  t.same(egress(rows, { portRanges: true })?.[0]?.ports, [{ protocol: 'TCP', port: 80, endPort: 82 }, tcp(90)]);
  t.end();
});

t.test('only the workloads behind a Service, when these are asked for', (t) => {
  const { policies } = generate({
    cluster: shop,
    edges: [edge('web', 'cart', 8080)],
    scope: { namespace: null, workload: null },
    only: [{ namespace: 'shop', kind: 'Deployment', name: 'cart' }],
    directions: ['ingress'],
  });
  t.same(
    policies.map((each) => each.workload.name),
    ['cart'],
  );
  t.end();
});
