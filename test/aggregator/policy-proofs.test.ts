import type { ServiceError } from '@grpc/grpc-js';
import t from 'tap';
import { batchOf, call, epoch, windowMs } from './pusher.ts';
import { allowCart, denyCart, observed } from './observed.ts';
import { everything } from './running.ts';

const manifest = (text: string) => [{ source: 'policy.yaml', text }];
const shop = { namespace: 'shop', workload: null };
const deployment = (name: string) =>
  ({ entity: 'workload', workload: { namespace: 'shop', kind: 'Deployment', name } }) as const;
const toCart = {
  ...everything,
  client: deployment('frontend'),
  server: deployment('cart'),
  protocol: 'PROTOCOL_TCP',
  port: 8080,
} as const;

function codeOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'no error',
    (error: unknown) => String((error as ServiceError).metadata.get('weir-error-code')[0]),
  );
}

t.test('a check tells rules that nothing needs, what is open beyond, and why it is not complete', async (t) => {
  const { connection } = await observed(t);
  const unused = `${allowCart}  - { from: [{ ipBlock: { cidr: 203.0.113.0/24 } }] }\n`
    .replace('ingress: [{', 'ingress:\n  - {')
    .replace('}]\n  - {', '}\n  - {');
  const { replay, completeness, problems } = await connection.policy.check({
    ...everything,
    candidatesOnly: false,
    manifests: manifest(unused),
  });
  t.strictSame(problems, []);
  t.match(replay?.unusedRules, [
    {
      kind: 'NetworkPolicy',
      namespace: 'shop',
      name: 'cart',
      direction: 'ingress',
      index: 1,
      summary: 'from 203.0.113.0/24 on all ports',
    },
  ]);
  t.match(unused.split('\n')[(replay?.unusedRules[0]?.firstLine ?? 0) - 1], /203/, 'with its line in the file');
  // To cart only port 8080 from frontend; to frontend everything from all three, to rogue from the two others.
  t.match(replay?.overPermission, { allowed: 5 * 3 * 65535 + 1, seen: 1, allowedPairs: 6, seenPairs: 1 });
  t.match(replay?.overPermission?.widest[0], { firstPort: 1, lastPort: 65535, clients: 3 });
  t.match(completeness, { complete: false, reasons: [/only 0 min were watched/] });
});

t.test('what is applied is compared with candidates, by ports and by text', async (t) => {
  const { connection } = await observed(t, [denyCart]);
  const { changes, totalChanges, textDiff } = await connection.policy.compare({
    ...everything,
    scope: shop,
    before: [],
    after: manifest(allowCart),
    afterOnly: false,
  });
  t.equal(totalChanges, 1);
  t.match(changes, [
    {
      before: 'denied',
      after: 'allowed',
      span: {
        client: deployment('frontend'),
        server: deployment('cart'),
        protocol: 'PROTOCOL_TCP',
        firstPort: 8080,
        lastPort: 8080,
      },
    },
  ]);
  t.match(textDiff, /^--- a\/NetworkPolicy\/shop\/cart\.yaml\n\+\+\+ b\/NetworkPolicy\/shop\/cart\.yaml\n@@/);
  t.match(textDiff, /\n\+ {4}- port: 8080\n|\n\+ {2}.*port: 8080/);
  const same = await connection.policy.compare({
    ...everything,
    before: manifest(allowCart),
    after: manifest(allowCart),
    afterOnly: true,
  });
  t.match(same, { totalChanges: 0, textDiff: '', changes: [] });
  const opened = await connection.policy.compare({
    ...everything,
    before: manifest(denyCart),
    after: manifest(denyCart.replaceAll('cart', 'nobody')),
    afterOnly: true,
  });
  t.ok(opened.changes.some(({ span }) => span?.client?.entity === 'external' && span.client.external === '0.0.0.0/0'));
});

const calico = `
apiVersion: crd.projectcalico.org/v1
kind: NetworkPolicy
metadata: { name: other, namespace: shop, annotations: { note: kept } }
spec: { selector: all() }
`;
const admin = `
apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: { name: watch, annotations: { note: kept, kubectl.kubernetes.io/last-applied-configuration: '{}' } }
spec:
  priority: 5
  subject: { namespaces: {} }
  ingress: [{ action: Allow, from: [{ namespaces: { matchLabels: { team: ops } } }] }]
`;

t.test('policies that are applied are listed in the order in which they are asked, with their YAML', async (t) => {
  const { connection } = await observed(t, [allowCart, admin, calico]);
  const { policies } = await connection.policy.listApplied({ ...everything, scope: shop, client: null, server: null });
  t.match(policies, [
    { kind: 'AdminNetworkPolicy', tier: 'admin', priority: 5, ingress: true, egress: false, selected: 3 },
    { kind: 'NetworkPolicy', name: 'cart', tier: 'networkpolicy', selects: [{ name: 'cart' }], selected: 1 },
    { kind: 'NetworkPolicy', name: 'other', tier: '', yaml: /selector: all\(\)/ },
  ]);
  t.match(policies[0]?.yaml, /note: kept/);
  t.notMatch(policies[0]?.yaml, /last-applied|uid|creationTimestamp/);
  const pair = await connection.policy.listApplied({
    ...everything,
    client: deployment('cart'),
    server: deployment('frontend'),
  });
  t.match(pair.policies, [
    { name: 'watch', bearsOn: 'ingress' },
    { name: 'other', bearsOn: '' },
  ]);
});

t.test('why says what decided, where it is written, what would turn it, and what the network did', async (t) => {
  const { connection } = await observed(t, [allowCart]);
  const allowed = await connection.policy.why(toCart);
  t.match(allowed, {
    decision: 'allowed',
    ingress: {
      decision: 'allowed',
      because: /shop\/cart allows it at spec.ingress\[0\]/,
      rule: { name: 'cart', index: 0, summary: 'from pods app=frontend on TCP 8080' },
    },
    egress: { decision: 'allowed', rule: null },
    observed: { verdict: 'VERDICT_FORWARDED' },
    disagrees: false,
    edits: [/isolates frontend-1 for egress/],
    editsLeadTo: 'denied',
  });
  const { rule, yaml = '' } = allowed.ingress ?? {};
  t.match(yaml.split('\n')[(rule?.firstLine ?? 0) - 1], /podSelector/);
  const denied = await connection.policy.why({ ...toCart, port: 9090 });
  t.match(denied, {
    decision: 'denied',
    observed: null,
    edits: [/add to spec.ingress of NetworkPolicy shop\/cart a rule/],
    editsLeadTo: 'allowed',
  });
  t.equal(await codeOf(connection.policy.why({ ...toCart, port: 0 })), 'QUERY_INVALID');
  t.equal(await codeOf(connection.policy.why({ ...toCart, client: deployment('nobody') })), 'WORKLOAD_UNKNOWN');
});

t.test('a verdict that contradicts the policies is flagged, with causes that the data supports', async (t) => {
  const later = denyCart.replace('namespace: shop', "namespace: shop, creationTimestamp: '2030-01-01T00:00:00Z'");
  const { connection } = await observed(t, [later]);
  t.match(await connection.policy.why(toCart), {
    decision: 'denied',
    disagrees: true,
    disagreement: /made at 2030-01-01T00:00:00.000Z, after this was last seen/,
  });
  const earlier = await observed(t, [
    denyCart.replace('namespace: shop', "namespace: shop, creationTimestamp: '2020-01-01T00:00:00Z'"),
  ]);
  t.match(await earlier.connection.policy.why(toCart), {
    disagrees: true,
    disagreement: /before this was first seen .* does not enforce it/,
  });
  const open = await observed(t, [calico]);
  const rogue = { entity: 'workload', workload: { namespace: 'shop', kind: 'Pod', name: 'rogue' } } as const;
  t.match(await open.connection.policy.why({ ...toCart, client: rogue }), {
    decision: 'allowed',
    disagrees: true,
    disagreement: /a filter dropped it \(NETFILTER_DROP\).*kinds that Weir does not evaluate: NetworkPolicy other/,
  });
});

t.test('the board shows who is isolated', async (t) => {
  const { connection } = await observed(t, [allowCart]);
  const { namespaces, workloads } = await connection.policy.getIsolation({ ...everything, scope: shop });
  t.strictSame(namespaces, [{ name: 'shop', isolated: 0, partial: 1, open: 2, exempt: 0 }]);
  t.match(workloads, [
    { workload: { name: 'cart' }, ingress: true, egress: false, policies: 1 },
    { workload: { name: 'frontend' }, ingress: false, egress: false, policies: 0 },
    { workload: { name: 'rogue' } },
  ]);
});

t.test('a roll-out is planned with the way back', async (t) => {
  const { connection } = await observed(t, [denyCart]);
  const deny = denyCart.replace('name: cart', 'name: a-deny').replace('{ matchLabels: { app: cart } }', '{}');
  const { steps, rollback, cuts, completeness } = await connection.policy.planRollout({
    ...everything,
    scope: shop,
    manifests: manifest(`${deny}\n---\n${allowCart}`),
    prune: false,
  });
  t.match(
    steps.map(({ action, policy, temporary }) => [action, policy?.name, temporary]),
    [
      ['apply', 'a-deny', false],
      ['apply', 'cart', false],
    ],
  );
  t.strictSame(cuts, []);
  t.match(
    rollback.map(({ path }) => path),
    ['1-apply-NetworkPolicy-shop-cart.yaml', '2-delete-NetworkPolicy-shop-a-deny.yaml', 'rollback.sh'],
  );
  t.notMatch(rollback[0]?.text, /8080/, 'what was applied before');
  t.match(completeness, { complete: false });
  const other = await observed(t, [allowCart]);
  const pruned = await other.connection.policy.planRollout({
    ...everything,
    scope: shop,
    manifests: manifest(deny.replace('Ingress', 'Egress')),
    prune: true,
  });
  t.match(
    pruned.steps.map(({ action, policy }) => [action, policy?.name]),
    [
      ['apply', 'a-deny'],
      ['delete', 'cart'],
    ],
  );
  t.match(pruned.cuts, [{ direction: 'egress', edge: { port: 8080 } }]);
});

t.test('drift from a baseline is what appeared, went away and was judged otherwise', async (t) => {
  let now = epoch + 10 * windowMs;
  const { connection, agent } = await observed(t, [allowCart], { now: () => now });
  const { policy } = connection;
  const set = { ...everything, name: 'good', scope: shop, comment: 'by Ann' };
  t.match(await policy.setBaseline(set), { baseline: { name: 'good', edges: 2, scope: shop, takenUnixMs: now } });
  agent.send(
    batchOf(12, [call('frontend-1', '10.96.0.20', 80), call('frontend-1', '203.0.113.9', 443)], { sequence: 2 }),
  );
  agent.send(batchOf(13, [call('rogue', '10.1.0.2', 8080)], { sequence: 3 }));
  await agent.ackThrough(3);
  const drift = await policy.getDrift({ cluster: '', baseline: 'good', range: null, unusedAfterMs: 0 });
  t.match(drift.appeared, [{ server: { external: '203.0.113.9' }, port: 443 }]);
  t.match(drift.changed, [{ client: { workload: { name: 'rogue' } }, verdict: 'VERDICT_FORWARDED' }]);
  t.strictSame(drift.disappeared, []);
  t.match(drift.unusedUnknown, /only 0 min are recorded/);
  now += 40 * 86_400_000;
  const askedLater = { cluster: '', baseline: 'good', range: { startUnixMs: now, endUnixMs: 0 }, unusedAfterMs: 0 };
  t.strictSame((await policy.getDrift(askedLater)).disappeared, [], 'nothing was watched then');
  agent.send(batchOf(700_000, [call('frontend-1', '203.0.113.9', 443)], { sequence: 4 }));
  await agent.ackThrough(4);
  const later = await policy.getDrift(askedLater);
  t.match(
    later.disappeared.map(({ port }) => port),
    [8080, 8080],
  );
  t.match(later.unusedRules, [
    { name: 'cart', direction: 'ingress', index: 0, lastUsedUnixMs: epoch + 12 * windowMs + 100 },
  ]);
  t.equal(later.unusedUnknown, '');
});

t.test('baselines are listed, replaced, bounded and removed', async (t) => {
  const { policy } = (await observed(t)).connection;
  const set = (name: string, comment = '') => policy.setBaseline({ ...everything, name, comment });
  await set('b');
  await set('a');
  await set('b', 'again');
  t.match((await policy.listBaselines({})).baselines, [{ name: 'a' }, { name: 'b', comment: 'again' }]);
  for (const bad of [set('c'), set('Not good'), set('a', 'x'.repeat(201))])
    t.equal(await codeOf(bad), 'BASELINE_INVALID');
  await policy.removeBaseline({ name: 'a' });
  t.match((await policy.listBaselines({})).baselines, [{ name: 'b' }]);
  t.equal(await codeOf(policy.removeBaseline({ name: 'a' })), 'BASELINE_UNKNOWN');
  t.equal(await codeOf(policy.getDrift({ baseline: 'a' })), 'BASELINE_UNKNOWN');
});
