import type { ServiceError } from '@grpc/grpc-js';
import t from 'tap';
import { zeroCounters } from '../../core/flow.ts';
import { podYaml, serviceYaml } from './cluster-fixture.ts';
import { batchOf, call, Pusher } from './pusher.ts';
import { everything, type Running, start, TestCluster } from './running.ts';

const objects = [
  podYaml({ name: 'frontend-1', ip: '10.1.0.1', deployment: 'frontend' }),
  podYaml({ name: 'cart-1', ip: '10.1.0.2', deployment: 'cart', ports: { http: 8080 } }),
  podYaml({ name: 'rogue', ip: '10.1.0.9' }),
  serviceYaml({ name: 'cart', ip: '10.96.0.20', selector: { app: 'cart' }, ports: [{ port: 80, targetPort: 'http' }] }),
];
const denyCart = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: cart, namespace: shop }
spec: { podSelector: { matchLabels: { app: cart } }, policyTypes: [Ingress] }
`;
const allowCart = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: cart, namespace: shop }
spec:
  podSelector: { matchLabels: { app: cart } }
  ingress: [{ from: [{ podSelector: { matchLabels: { app: frontend } } }], ports: [{ port: 8080 }] }]
`;

/** An aggregator that saw frontend reach cart, and a rogue pod fail to. */
async function observed(t: Parameters<typeof start>[0], ...applied: readonly string[]): Promise<Running> {
  const running = await start(t, new TestCluster(...objects, ...applied));
  const agent = new Pusher(running.connection);
  await agent.welcome();
  const blocked = { counters: { ...zeroCounters(), attempts: 2, unanswered: 2 }, drops: { NETFILTER_DROP: 4 } };
  agent.send(batchOf(1, [call('frontend-1', '10.96.0.20', 80), call('rogue', '10.1.0.2', 8080, blocked)]));
  await agent.ackThrough(1);
  agent.close();
  return running;
}

const generation = { ...everything, ingress: false, egress: false } as const;
const checking = { ...everything, candidatesOnly: false } as const;
const manifest = (text: string) => [{ source: 'policy.yaml', text }];

t.test('policies are made of what was seen, replayed, and what is left out is told', async (t) => {
  const { connection } = await observed(t);
  const made = await connection.policy.generate({ ...generation, scope: { namespace: 'shop', workload: null } });
  t.strictSame(
    made.policies.map(({ workload }) => workload?.name),
    ['cart', 'frontend', 'rogue'],
  );
  const cart = made.policies.find(({ workload }) => workload?.name === 'cart');
  t.match(cart?.yaml, /kind: NetworkPolicy[\s\S]*app: frontend[\s\S]*port: 8080/);
  t.match(cart?.rules, [{ direction: 'ingress', index: 0, edges: 1, connections: 1 }]);
  t.ok(made.yaml.includes(cart?.yaml.trim() ?? 'none'), 'the stream holds each policy');
  t.match(made.excluded, [{ edge: { client: { workload: { name: 'rogue' } } }, reason: /.+/ }]);
  t.match(made.replay, { flows: 2, allowed: 1, denied: 0, stillDenied: 1, newlyAllowed: 0 });
  t.equal(made.coverage?.windows, 1);
});

t.test('what was generated passes its own check', async (t) => {
  const { connection } = await observed(t);
  const { yaml } = await connection.policy.generate({ ...generation });
  const { replay, problems } = await connection.policy.check({ ...checking, manifests: manifest(yaml) });
  t.match(replay, { flows: 2, allowed: 1, denied: 0, stillDenied: 1, findings: [] });
  t.strictSame(problems, []);
});

t.test('one direction only', async (t) => {
  const { connection } = await observed(t);
  const { policies } = await connection.policy.generate({ ...generation, ingress: true });
  for (const { yaml } of policies) t.notMatch(yaml, /Egress/);
});

t.test('a candidate that denies what came through is found out', async (t) => {
  const { connection } = await observed(t);
  const { replay } = await connection.policy.check({ ...checking, manifests: manifest(denyCart) });
  t.match(replay, { flows: 2, denied: 1, stillDenied: 1 });
  t.match(replay?.findings, [{ decision: 'denied', direction: 'ingress', because: /cart/ }]);
});

t.test('a candidate replaces the applied policy of its name, and stands beside the others', async (t) => {
  const { connection } = await observed(t, denyCart);
  const check = async (text: string, candidatesOnly = false) =>
    (await connection.policy.check({ ...checking, candidatesOnly, manifests: manifest(text) })).replay;
  t.match(await check(allowCart), { allowed: 1, denied: 0, stillDenied: 1 });
  t.match(await check(allowCart.replace('name: cart', 'name: cart-2')), { allowed: 1, denied: 0 }, 'policies add up');
  const other = denyCart.replaceAll('cart', 'nobody');
  t.match(await check(other), { denied: 1 }, 'the applied policy is in force too');
  t.match(await check(other, true), { denied: 0, newlyAllowed: 1 }, 'left out of account when asked');
});

t.test('manifests that are wrong are named with file and line', async (t) => {
  const { connection } = await observed(t);
  const text = `${allowCart}\n---\n${denyCart.replace('matchLabels', 'matchLabel')}`;
  const { replay, problems } = await connection.policy.check({ ...checking, manifests: manifest(text) });
  t.match(problems, [{ source: 'policy.yaml', object: 'NetworkPolicy shop/cart', message: /matchLabel/ }]);
  t.ok((problems[0]?.line ?? 0) > 8);
  t.equal(replay?.allowed, 1, 'the good one is checked');
});

t.test('a check without any policy is refused', async (t) => {
  const { connection } = await observed(t);
  const codeOf = (text: string) =>
    connection.policy.check({ ...checking, manifests: manifest(text) }).then(
      () => 'no error',
      (error: unknown) => String((error as ServiceError).metadata.get('weir-error-code')[0]),
    );
  t.equal(await codeOf('kind: ConfigMap'), 'MANIFEST_INVALID');
  t.equal(await codeOf(''), 'MANIFEST_INVALID');
});

t.test('an address block that is none is a problem of its manifest', async (t) => {
  const { connection } = await observed(t);
  const peer = '{ podSelector: { matchLabels: { app: frontend } } }';
  const text = allowCart.replace(peer, '{ ipBlock: { cidr: here } }');
  const { problems, replay } = await connection.policy.check({ ...checking, manifests: manifest(text) });
  t.match(problems, [{ source: 'policy.yaml', object: 'NetworkPolicy shop/cart', message: /cidr/ }]);
  t.equal(replay?.allowed, 1, 'nothing is isolated');
});
