import t, { type Test } from 'tap';
import { weir } from './run.ts';

const labels = (app: string) => `{labels: {app: ${app}}}`;
const spec = '{containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]}';
/** A pod that a controller made. */
const pod = (name: string, owner: string, ip: string) => `
- metadata:
    name: ${name}
    namespace: shop
    labels: {app: cart}
    ownerReferences: [${owner}]
  spec: ${spec}
  status: {podIP: ${ip}}`;
const replicaSet = '{kind: ReplicaSet, name: cart-5d, controller: true}';

const cluster = {
  // The items lack their kind, and there is no Namespace object.
  'pods.yaml': `kind: PodList\nitems:${pod('cart-1', replicaSet, '10.0.0.1')}${pod('cart-2', replicaSet, '10.0.0.2')}\n`,
  'bank.json': JSON.stringify({
    kind: 'Deployment',
    metadata: { name: 'bank' },
    spec: { template: { metadata: { labels: { app: 'bank' } }, spec: { containers: [] } } },
  }),
  'policies.yaml': `kind: NetworkPolicy
metadata: {name: cart, namespace: shop}
spec:
  podSelector: {matchLabels: {app: cart}}
  ingress:
  - from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: default}}}]
    ports: [{port: http}]
---
apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: {name: no-metadata}
spec:
  priority: 1
  subject: {namespaces: {}}
  egress:
  - {action: Deny, to: [{networks: [169.254.0.0/16]}]}
`,
};

async function evaluate(t: Test, files: Record<string, string>, lines: readonly unknown[]) {
  const folder = t.testdir(files);
  const input = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
  const { status, stdout, stderr } = await weir(['policy', 'eval', '--manifests', folder, '--queries', '-'], { input });
  return {
    status,
    answers: stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as object),
    stderr,
  };
}

const ask = (src: string, dst: string, port: number, proto = 'TCP') => ({ src, dst, proto, port });

t.test('each line is answered from the manifests alone', async (t) => {
  const { status, answers, stderr } = await evaluate(t, cluster, [
    ask('default/bank[Deployment]', 'shop/cart-5d[ReplicaSet]', 8080),
    ask('default/bank[Deployment]', 'shop/cart-1', 8081),
    ask('203.0.113.7', '10.0.0.2', 8080),
    ask('shop/cart-2', '169.254.169.254', 80),
    ask('shop/cart-2', '203.0.113.7', 80),
  ]);
  t.match(answers, [
    {
      ingress: 'allowed',
      egress: 'allowed',
      allow: true,
      because: /^NetworkPolicy shop\/cart allows it at spec.ingress\[0\]/,
    },
    { ingress: 'denied', egress: 'allowed', allow: false, because: /isolated for ingress \(shop\/cart\)/ },
    { ingress: 'denied', allow: false },
    { egress: 'denied', allow: false, because: 'AdminNetworkPolicy no-metadata denies it at spec.egress[0].to[0].' },
    { allow: true },
  ]);
  t.match({ status, stderr }, { status: 0, stderr: '' });
});

t.test('allow is null where the answer depends on something, which is named', async (t) => {
  const { status, answers } = await evaluate(t, cluster, [ask('shop/cart-1', 'default/bank[Deployment]', 80)]);
  t.match(answers, [{ egress: 'depends', allow: null, assumption: 'address-unknown', because: /no address yet/ }]);
  t.equal(status, 0);
});

t.test('a line that cannot be read is named, and the others are answered', async (t) => {
  const good = ask('shop/cart-1', 'shop/cart-2', 8080);
  const { status, answers, stderr } = await evaluate(t, cluster, [
    good,
    'nonsense',
    '',
    ask('shop/nobody', 'shop/cart-2', 80),
    ask('shop/cart-1', 'shop/cart-2', 0),
    ask('cart', 'shop/cart-2', 80),
    ask('shop/cart-1', 'shop/cart-2', 80, 'HTTP'),
    'x'.repeat(100_000),
    good,
  ]);
  t.equal(status, 2);
  t.match(answers, [
    { allow: false },
    { error: /^standard input:2: not JSON/ },
    { error: /:4: there is no pod shop\/nobody; a workload is written shop\/nobody\[Kind\]/ },
    { error: /:5: port: / },
    { error: /:6: "cart" is neither/ },
    { error: /:7: proto: / },
    { error: /:8: longer than 65536 bytes/ },
    { allow: false },
  ]);
  t.equal(stderr.split('\n').length, 7, 'each is said on standard error too');
});

t.test('a manifest that cannot be read is named with its line, and the rest is evaluated', async (t) => {
  const files = {
    ...cluster,
    'broken.yaml': 'kind: Pod\nmetadata: {name: [}\n',
    'misspelt.yaml': `kind: NetworkPolicy\nmetadata: {name: b}\nspec:\n  podSelecter: ${labels('x')}\n`,
  };
  const { status, answers, stderr } = await evaluate(t, files, [ask('shop/cart-1', '203.0.113.7', 80)]);
  t.match(answers, [{ allow: true }]);
  t.equal(status, 2);
  t.match(stderr, /broken\.yaml:2: document: /);
  t.match(stderr, /misspelt\.yaml:4: NetworkPolicy b: spec: Unrecognized key: "podSelecter"/);
});

t.test('owners that own each other come to an end', async (t) => {
  const owned = (name: string, owner: string) => ({
    kind: 'ReplicaSet',
    metadata: { name, ownerReferences: [{ kind: 'ReplicaSet', name: owner, uid: '' }] },
    spec: { template: { metadata: { labels: { app: name } }, spec: { containers: [] } } },
  });
  const files = { 'a.json': JSON.stringify({ kind: 'List', items: [owned('a', 'b'), owned('b', 'a')] }) };
  const { status, answers } = await evaluate(t, files, [ask('default/a[ReplicaSet]', 'default/b[ReplicaSet]', 80)]);
  t.match({ status, answers }, { status: 0, answers: [{ allow: true }] });
});

t.test('a file that is not there is an error that names it', async (t) => {
  const folder = t.testdir(cluster);
  t.match(await weir(['policy', 'eval', '--manifests', folder, '--queries', '/no/such/file']), {
    status: 2,
    stderr: /\/no\/such\/file: ENOENT/,
  });
  t.match(await weir(['policy', 'eval', '--manifests', '/no/such/folder', '--queries', '-']), { status: 2 });
});

t.test('an explanation names file and line of what decided and of what to edit', async (t) => {
  const folder = t.testdir(cluster);
  const input = JSON.stringify(ask('shop/cart-2', '169.254.169.254', 80));
  const args = ['policy', 'eval', '--explain', '--manifests', folder, '--queries', '-'];
  const { stdout } = await weir(args, { input });
  t.match(JSON.parse(stdout), {
    explanation: {
      tier: 'Admin',
      direction: 'egress',
      source: /policies\.yaml$/,
      line: 16,
      because: { policy: { kind: 'AdminNetworkPolicy', name: 'no-metadata' }, rule: 0, peer: 0, port: null },
      flip: { to: 'allowed', edits: [{ text: /^remove spec.egress\[0\]/, source: /policies\.yaml$/, line: 16 }] },
    },
  });
});
