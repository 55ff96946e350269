import type { ServiceError } from '@grpc/grpc-js';
import t from 'tap';
import { allowCart, denyCart, observed } from './observed.ts';
import { everything } from './running.ts';

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
  const { connection } = await observed(t, [denyCart]);
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
