import t from 'tap';
import { bank, cart, observed } from './answers.ts';
import { serving } from './serving.ts';

t.test('the graph is grouped by client', async (t) => {
  const { run } = await serving(t);
  t.strictSame(await run('graph'), {
    status: 0,
    stderr: '',
    stdout: [
      'CLIENT                SERVER                 PORT      SERVICE     VERDICT',
      'shop/deployment/cart  data/deployment/redis  6379/TCP  data/redis  forwarded',
      '                      203.0.113.10           443/TCP               dropped (NETFILTER_DROP)',
      '',
    ].join('\n'),
  });
});

t.test('the graph is a diagram for Graphviz', async (t) => {
  const { run } = await serving(t);
  t.equal(
    (await run('graph', '-o', 'dot')).stdout,
    `digraph weir {
  rankdir=LR;
  n0 [label="203.0.113.10", shape=ellipse];
  n1 [label="data/deployment/redis", shape=box];
  n2 [label="shop/deployment/cart", shape=box];
  n2 -> n1 [label="6379/TCP", color=black];
  n2 -> n0 [label="443/TCP dropped (NETFILTER_DROP)", color=red];
}
`,
  );
});

t.test('the graph is a diagram for Mermaid', async (t) => {
  const { run } = await serving(t);
  t.equal(
    (await run('graph', '-o', 'mermaid')).stdout,
    `flowchart LR
  n0(["203.0.113.10"])
  n1["data/deployment/redis"]
  n2["shop/deployment/cart"]
  n2 -->|"6379/TCP"| n1
  n2 -.->|"443/TCP dropped (NETFILTER_DROP)"| n0
`,
  );
});

t.test('a diagram names an external server by all names that were asked for, on any port', async (t) => {
  const { run } = await serving(t, (answers) => {
    answers.edges = [
      observed(cart, bank, { serverNames: ['b.example.com'] }, { port: 443 }),
      observed(cart, bank, { serverNames: ['a.example.com', 'b.example.com'] }, { port: 80 }),
    ];
  });
  const label = '203.0.113.10 (a.example.com, b.example.com)';
  t.match((await run('graph', '-o', 'dot')).stdout, `[label="${label}", shape=ellipse]`);
  t.match((await run('graph', '-o', 'mermaid')).stdout, `(["${label}"])`);
  t.match((await run('graph')).stdout, '203.0.113.10 (b.example.com)');
});

t.test('the graph is data for programs, the same as JSON and as YAML', async (t) => {
  const { run } = await serving(t);
  const data = JSON.parse((await run('graph', '-o', 'json')).stdout) as { entities: unknown[]; edges: unknown[] };
  t.match(data.entities, [{ type: 'external', address: '203.0.113.10' }, { name: 'redis' }, { name: 'cart' }]);
  t.match(data.edges, [{ port: 6379, services: [{ namespace: 'data', name: 'redis' }] }, { verdict: 'dropped' }]);
  const { parse } = await import('yaml');
  t.strictSame(parse((await run('graph', '-o', 'yaml')).stdout), data);
});
