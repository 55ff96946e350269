import t, { type Test } from 'tap';
import type * as wire from '../../proto/wire.ts';
import { podYaml } from './cluster-fixture.ts';
import { batchOf, call, Pusher } from './pusher.ts';
import { type Running, start, TestCluster } from './running.ts';

const base = [
  podYaml({ name: 'frontend-1', ip: '10.1.0.1', deployment: 'frontend' }),
  podYaml({ name: 'cart-1', ip: '10.1.0.2', deployment: 'cart', labels: { app: 'cart' } }),
  podYaml({ name: 'quiet-1', ip: '10.1.0.3', deployment: 'quiet' }),
  podYaml({ name: 'redis-0', ip: '10.1.0.4', namespace: 'data' }),
  podYaml({ name: 'idle-0', ip: '10.1.0.5', namespace: 'idle' }),
];

const traffic = [
  call('frontend-1', '10.1.0.2', 8080),
  call('frontend-1', '10.1.0.2', 9090),
  call('cart-1', '10.1.0.4', 6379),
  call('cart-1', '203.0.113.7', 443, { remoteName: 'api.bank.example' }),
  call('cart-1', '203.0.113.9', 443, { remoteName: 'api.bank.example' }),
  call('frontend-1', '198.51.100.7', 443),
  call('frontend-1', '198.51.100.8', 443),
];

async function drawn(t: Test, objects: readonly string[] = base, records = traffic): Promise<Running> {
  const running = await start(t, new TestCluster(...objects));
  const agent = new Pusher(running.connection);
  await agent.welcome();
  agent.send(batchOf(1, records));
  await agent.ackThrough(1);
  agent.close();
  return running;
}

const ids = ({ nodes }: wire.GetGraphResponse) => nodes.map(({ id }) => id);
const arrows = ({ links }: wire.GetGraphResponse) =>
  links.map(({ source, target, edges }) => `${source} -${edges}-> ${target}`);

t.test('a map begins with namespaces, and what is outside by names and blocks', async (t) => {
  const { connection } = await drawn(t);
  const map = await connection.query.getGraph({});
  t.strictSame(ids(map), [
    'external:198.51.100.0/24',
    'external:api.bank.example',
    'namespace:data',
    'namespace:idle',
    'namespace:shop',
  ]);
  t.strictSame(arrows(map), [
    'namespace:shop -2-> external:198.51.100.0/24',
    'namespace:shop -2-> external:api.bank.example',
    'namespace:shop -1-> namespace:data',
    'namespace:shop -2-> namespace:shop',
  ]);
  t.equal(map.folded, false);
  const byId = new Map(map.nodes.map((node) => [node.id, node]));
  t.match(byId.get('namespace:shop'), { type: 'namespace', workloads: 3, pods: 3, degree: 3, hub: false });
  t.match(byId.get('external:api.bank.example'), { type: 'external', addresses: 2, label: 'api.bank.example' });
  t.match(map.links[3], {
    forwarded: 2,
    connections: 2,
    bytes: 2_200,
    ports: [{ port: 8080, protocol: 'PROTOCOL_TCP', verdict: 'VERDICT_FORWARDED' }, { port: 9090 }],
  });
});

t.test('an opened namespace shows its workloads, silent ones too', async (t) => {
  const { connection } = await drawn(t);
  const map = await connection.query.getGraph({ openNamespaces: ['shop'] });
  const inShop = map.nodes.filter(({ namespace }) => namespace === 'shop');
  t.match(inShop, [
    {
      id: 'workload:shop/Deployment/cart',
      label: 'cart',
      pods: 1,
      labels: { app: 'cart' },
      ports: [{ port: 8080 }, { port: 9090 }],
    },
    { id: 'workload:shop/Deployment/frontend', degree: 2 },
    { id: 'workload:shop/Deployment/quiet', degree: 0 },
  ]);
  t.ok(ids(map).includes('namespace:data'));
  const filtered = await connection.query.getGraph({ openNamespaces: ['shop'], filter: 'port=6379' });
  t.strictSame(ids(filtered), ['namespace:data', 'workload:shop/Deployment/cart'], 'a filter leaves silent ones out');
});

t.test('a focus shows what is within so many steps', async (t) => {
  const { connection } = await drawn(t);
  const scope = { namespace: '', workload: { namespace: 'data', kind: 'Pod', name: 'redis-0' } };
  const [one, two] = [await connection.query.getGraph({ scope }), await connection.query.getGraph({ scope, hops: 2 })];
  t.strictSame(ids(one), ['workload:data/Pod/redis-0', 'workload:shop/Deployment/cart']);
  t.strictSame(ids(two), [
    'external:api.bank.example',
    'workload:data/Pod/redis-0',
    'workload:shop/Deployment/cart',
    'workload:shop/Deployment/frontend',
  ]);
  await t.rejects(connection.query.getGraph({ scope, hops: 99 }), { message: /10 hops are the most/ });
});

t.test('an alias names a group', async (t) => {
  const { connection } = await drawn(t);
  const alias = { name: 'bank', cidr: '203.0.113.0/24', allowed: true, expiresUnixMs: 0, comment: '', expired: false };
  await connection.alias.setAlias({ alias });
  t.ok(ids(await connection.query.getGraph({})).includes('external:bank'));
});

t.test('a map with too much is folded: namespaces first, then what is outside', async (t) => {
  const { connection } = await drawn(t);
  const openNamespaces = ['shop', 'data', 'idle'];
  const full = await connection.query.getGraph({ openNamespaces });
  t.equal(full.nodes.length, 7);
  t.equal(full.folded, false);
  const closed = await connection.query.getGraph({ openNamespaces, maxNodes: 6 });
  t.ok(ids(closed).includes('namespace:shop'));
  t.equal(closed.folded, true);
  const four = await connection.query.getGraph({ openNamespaces, maxNodes: 4 });
  t.strictSame(ids(four), ['external:*', 'namespace:data', 'namespace:idle', 'namespace:shop']);
  const two = await connection.query.getGraph({ openNamespaces, maxNodes: 2 });
  t.equal(two.nodes.length, 2);
  t.equal(two.folded, true);
  t.ok(two.links.every(({ source, target }) => [source, target].every((id) => ids(two).includes(id))));
  const scoped = await connection.query.getGraph({ scope: { namespace: 'shop', workload: null }, maxNodes: 5 });
  t.ok(ids(scoped).includes('workload:shop/Deployment/quiet'), 'the scope stays open');
});

t.test('what most others are linked with is a hub', async (t) => {
  const names = Array.from({ length: 12 }, (_, i) => `w${i}`);
  const pods = names.map((name, i) => podYaml({ name: `${name}-1`, ip: `10.1.2.${i + 1}`, deployment: name }));
  const records = names.map((name) => call(`${name}-1`, '10.1.0.2', 53));
  const { connection } = await drawn(t, [base[1] as string, ...pods], records);
  const map = await connection.query.getGraph({ openNamespaces: ['shop'] });
  t.strictSame(
    map.nodes.filter(({ hub }) => hub).map(({ id }) => id),
    ['workload:shop/Deployment/cart'],
  );
});
