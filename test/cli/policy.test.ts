import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { bank, cart, edge, redis } from './answers.ts';
import { serving } from './serving.ts';

const ref = { namespace: 'shop', kind: 'Deployment', name: 'cart' };
const policy = {
  workload: ref,
  name: 'weir-cart',
  yaml: 'kind: NetworkPolicy\n',
  rules: [],
  alsoSelects: [{ ...ref, name: 'cart-canary' }],
  notes: ['a note'],
};

t.test('YAML goes to standard output alone, what one has to know to standard error', async (t) => {
  const { run } = await serving(t, (answers) => {
    const excluded = [
      { edge: edge(cart, bank, { port: 443 }, { X: 1 }), direction: 'egress', reason: 'it was dropped' },
    ];
    answers.generate = { ...answers.generate, policies: [policy], excluded };
  });
  const { status, stdout, stderr } = await run('policy', 'generate', '-n', 'shop');
  t.equal(status, 0);
  t.equal(stdout, 'kind: NetworkPolicy\n');
  t.match(stderr, /1 policy from 10 windows/);
  t.match(stderr, /replayed 2 flows: 2 allowed, 0 would be denied/);
  t.match(stderr, /! no egress rule for shop\/deployment\/cart -> 203\.0\.113\.10 443\/TCP: it was dropped/);
  t.match(stderr, /! weir-cart: a note/);
  t.match(stderr, /! weir-cart selects shop\/deployment\/cart-canary too/);
});

t.test('what a dialect cannot say is told once, however many policies it is about', async (t) => {
  const { run } = await serving(t, (answers) => {
    const loss = { workload: ref, direction: '', index: 0, reason: 'ingress is lost' };
    const losses = [
      loss,
      { ...loss, workload: { ...ref, name: 'ads' } },
      { ...loss, direction: 'egress', index: 2, reason: 'x' },
    ];
    const completeness = { complete: false, reasons: ['only 5 min were watched'] };
    answers.generate = { ...answers.generate, losses, completeness, notes: ['a word'] };
  });
  const { stderr } = await run('policy', 'generate', '--dialect', 'cluster');
  t.match(stderr, /^! not as meant for shop\/deployment\/cart and 1 more: ingress is lost$/m);
  t.match(stderr, /^! not as meant for shop\/deployment\/cart egress\[2\]: x$/m);
  t.match(stderr, /^! only 5 min were watched$/m);
  t.match(stderr, /^! a word$/m);
});

t.test('a workload and a direction are passed on; neither direction means both', async (t) => {
  const { run, double } = await serving(t);
  await run('policy', 'generate', '-n', 'shop', 'sts/cart', '--egress');
  await run('policy', 'generate');
  t.match(double.asked, [
    { scope: { workload: { kind: 'StatefulSet', name: 'cart' } }, ingress: false, egress: true },
    { scope: { namespace: '', workload: null }, ingress: true, egress: true },
  ]);
});

t.test('rows, rules, dialect and the rest are passed on as they are meant', async (t) => {
  const { run, double } = await serving(t);
  const row = 'egress shop/deployment/cart -> bank 203.0.113.10 (api.example.com) 443/TCP ?';
  const flags = [
    ['--service', 'cart', '--include', `${row} as 203.0.113.0/24`, '--rule', 'ingress=inside-namespace'],
    ['--exclude', 'ingress service shop/web -> shop/sts/cart 53/UDP', '--manual', 'ingress namespace/data'],
    ['--manual', 'egress 203.0.113.9 443/TCP,8000-8999', '--manual', 'egress data/sts/redis 6379'],
    ['--dialect', 'cilium', '--peers', 'namespace', '--port-ranges', '--named-ports', '--comments'],
  ].flat();
  const { status } = await run('policy', 'generate', '-n', 'shop', ...flags);
  t.equal(status, 0);
  const cartRef = { namespace: 'shop', kind: 'Deployment', name: 'cart' };
  t.match(double.asked[0], {
    scope: null,
    service: { namespace: 'shop', name: 'cart' },
    choices: [
      {
        client: { workload: cartRef },
        server: { external: '203.0.113.10' },
        protocol: 'PROTOCOL_TCP',
        port: 443,
        direction: 'egress',
        include: true,
        cidr: '203.0.113.0/24',
      },
      {
        client: { service: { namespace: 'shop', name: 'web' } },
        server: { workload: { kind: 'StatefulSet' } },
        protocol: 'PROTOCOL_UDP',
        direction: 'ingress',
        include: false,
        cidr: '',
      },
    ],
    ingressRule: 'GENERAL_RULE_ALLOW_INSIDE_NAMESPACE',
    egressRule: 'GENERAL_RULE_UNSPECIFIED',
    manualRules: [
      { direction: 'ingress', namespace: 'data', ports: [] },
      {
        direction: 'egress',
        cidr: '203.0.113.9/32',
        ports: [
          { protocol: 'PROTOCOL_TCP', port: 443, endPort: 0 },
          { port: 8000, endPort: 8999 },
        ],
      },
      { direction: 'egress', workload: { namespace: 'data', kind: 'StatefulSet', name: 'redis' } },
    ],
    peers: 'PEER_GRAIN_NAMESPACE',
    portRanges: true,
    namedPorts: true,
    dialect: 'DIALECT_CILIUM',
    comments: true,
  });
});

t.test('what cannot be read is refused with an example, before anything is asked', async (t) => {
  const { run, double } = await serving(t);
  const refuses = async (stderr: RegExp, ...args: string[]) =>
    t.match(await run('policy', 'generate', ...args), { status: 2, stderr });
  await refuses(/--include "cart to redis": give a row such as/, '--include', 'cart to redis');
  await refuses(/--manual "egress": give a rule such as/, '--manual', 'egress');
  await refuses(/--manual "egress 10\.0\.0\.0\/8 http"/, '--manual', 'egress 10.0.0.0/8 http');
  await refuses(/give ingress=RULE or egress=RULE/, '--rule', 'block-all');
  await refuses(/give observed, block-all/, '--rule', 'egress=nothing');
  await refuses(/give one rule for egress/, '--rule', 'egress=block-all', '--rule', 'egress=allow-all');
  await refuses(/--service cart: give --namespace with it/, '--service', 'cart');
  t.strictSame(double.asked, []);
});

t.test('one file a policy', async (t) => {
  const files = [
    { path: 'shop/weir-cart.yaml', text: policy.yaml },
    { path: 'kustomization.yaml', text: 'kind: Component\n' },
  ];
  const { run } = await serving(t, (answers) => {
    answers.generate = { ...answers.generate, policies: [policy], files };
  });
  const folder = join(t.testdir(), 'new');
  const { status, stdout } = await run('policy', 'generate', '--output-dir', folder);
  t.match({ status, stdout }, { status: 0, stdout: '' });
  t.same(readdirSync(folder), ['shop']);
  t.equal(readFileSync(join(folder, 'shop', 'weir-cart.yaml'), 'utf8'), policy.yaml);
  await run('policy', 'generate', '--output-dir', folder, '--kustomize');
  t.equal(readFileSync(join(folder, 'kustomization.yaml'), 'utf8'), 'kind: Component\n');
  t.match(await run('policy', 'generate', '--kustomize'), { status: 2, stderr: /give --output-dir with it/ });
});

t.test('no name from the cluster leads out of the folder', async (t) => {
  const { run } = await serving(t, (answers) => {
    const files = ['../escaped.yaml', '/etc/../../escaped.yaml'].map((path) => ({ path, text: '' }));
    answers.generate = { ...answers.generate, files };
  });
  const folder = t.testdir({ inner: {} });
  t.equal((await run('policy', 'generate', '--output-dir', join(folder, 'inner'))).status, 0);
  t.strictSame(readdirSync(folder), ['inner']);
  t.strictSame(readdirSync(join(folder, 'inner')).sort(), ['_', '_..']);
});

t.test('more than one request can carry is refused before it is sent, also from a pipe without an end', async (t) => {
  const { run, double } = await serving(t);
  t.match(await run('policy', 'check', '/dev/zero'), {
    status: 2,
    stdout: '',
    stderr: /^weir: A Kubernetes manifest could not be read: \/dev\/zero: more than 15 MiB in all; name only/,
  });
  t.strictSame(double.asked, []);
});

t.test('check reads files, folders and standard input, and names its sources', async (t) => {
  const { run, pipe, double } = await serving(t);
  const folder = t.testdir({ 'b.yaml': 'b', 'a.json': 'a', 'notes.txt': 'no', inner: { 'c.yml': 'c' } });
  writeFileSync(join(folder, 'single.yaml'), 's');
  await run('policy', 'check', folder);
  await pipe('piped', 'policy', 'check', '-', '--candidates-only');
  const sources = (request: unknown) =>
    (request as { manifests: { source: string; text: string }[] }).manifests.map(({ text }) => text);
  t.same(sources(double.asked[0]), ['a', 'b', 'c', 's']);
  t.match(double.asked[1], { candidatesOnly: true, manifests: [{ source: 'standard input', text: 'piped' }] });
});

t.test('what would be denied is shown with the reason, and is status 1', async (t) => {
  const { run } = await serving(t, (answers) => {
    const replay = { flows: 3, allowed: 1, denied: 1, depends: 0, newlyAllowed: 1, stillDenied: 0 } as const;
    const rest = { unusedRules: [], overPermission: null };
    const findings = [
      { edge: edge(cart, redis), decision: 'denied', direction: 'ingress', because: 'no rule allows this', rule: null },
      { edge: edge(cart, bank), decision: 'allowed', direction: 'egress', because: 'rule 1', rule: null },
    ];
    answers.check = { ...answers.check, replay: { ...replay, ...rest, findings } };
  });
  const { status, stdout, stderr } = await run('policy', 'check');
  t.equal(status, 1);
  t.match(
    stdout,
    /^denied +ingress +shop\/deployment\/cart -> data\/deployment\/redis 6379\/TCP +no rule allows this$/m,
  );
  t.match(stdout, /^newly allowed +egress/m);
  t.match(stderr, /replayed 3 flows: 1 allowed, 1 would be denied/);
});

t.test('a manifest that cannot be read is named with its line, and is status 2', async (t) => {
  const { run } = await serving(t, (answers) => {
    const problems = [{ source: 'x.yaml', line: 4, object: 'NetworkPolicy shop/a', message: 'spec: not valid' }];
    answers.check = { ...answers.check, problems };
  });
  t.match(await run('policy', 'check'), { status: 2, stderr: /^x\.yaml:4: NetworkPolicy shop\/a: spec: not valid$/m });
  t.match(await run('policy', 'check', '/no/such/file'), { status: 2, stderr: /\/no\/such\/file: ENOENT/ });
});
