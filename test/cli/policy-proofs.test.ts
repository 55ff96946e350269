import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { allowCart, denyCart } from '../aggregator/observed.ts';
import { proving } from './proofs.ts';
import type { Outcome } from './run.ts';

t.test('the same check from files comes to the same result', async (t) => {
  const { run } = await proving(t);
  const [live, offline] = [
    await run('policy', 'check', 'deny.yaml', '-o', 'json'),
    await run('policy', 'check', 'deny.yaml', '--manifests', 'cluster', '--flows', 'flows.jsonl', '-o', 'json'),
  ];
  t.equal(offline.status, 1);
  type Replay = Readonly<Record<'unusedRules' | 'overPermission' | 'findings', unknown>>;
  const replayOf = ({ stdout }: Outcome) => {
    const { findings: _, ...rest } = (JSON.parse(stdout) as { readonly replay: Replay }).replay;
    return rest;
  };
  const [here, there] = [replayOf(offline), replayOf(live)];
  t.match(here, { flows: 2, denied: 1, stillDenied: 1 });
  t.match(there, here);
});

t.test('policies that are made from files are those that the aggregator makes', async (t) => {
  const { run, file, folder } = await proving(t);
  const files = ['--manifests', 'cluster', '--flows', 'flows.jsonl'];
  for (const flags of [
    ['-n', 'shop'],
    ['-n', 'shop', 'deployment/cart', '--ingress', '--comments', '--dialect', 'cilium'],
  ]) {
    const live = await run('policy', 'generate', ...flags);
    const offline = await run('policy', 'generate', ...flags, ...files);
    t.equal(offline.status, 0);
    t.match(offline.stdout, /^kind: /m);
    t.equal(offline.stdout, live.stdout);
    t.match(offline.stderr, /from files$[^]*^! flows were read from a file/m);
  }
  const refused = async (stderr: RegExp, ...flags: string[]) =>
    t.match(await run('policy', 'generate', ...flags), { status: 2, stdout: '', stderr });
  await refused(/--manifests and --flows go together/, '--flows', 'flows.jsonl');
  await refused(/--since needs an aggregator/, ...files, '--since', '1h');
  await refused(/--service needs an aggregator/, ...files, '-n', 'shop', '--service', 'cart');
  t.match(await run('policy', 'generate', ...files, '-n', 'shopp'), {
    stdout: '',
    stderr: /No such namespace: "shopp"/,
  });
  file('flows.jsonl', `not json\n${readFileSync(join(folder, 'flows.jsonl'), 'utf8')}`);
  const partly = await run('policy', 'generate', ...files, '-n', 'shop');
  t.equal(partly.status, 2);
  t.match(partly.stdout, /^kind: NetworkPolicy/m);
  t.match(partly.stderr, /^flows\.jsonl:1: flow: not JSON[^]*left out of account/m);
});

t.test('flows that cannot be read are named by line, and the rest is checked', async (t) => {
  const { run, file, folder } = await proving(t);
  const good = readFileSync(join(folder, 'flows.jsonl'), 'utf8');
  file('flows.jsonl', `{"client":1}\nnot json\n${good}`);
  const { status, stdout, stderr } = await run(
    'policy',
    'check',
    'deny.yaml',
    '--manifests',
    'cluster',
    '--flows',
    'flows.jsonl',
  );
  t.equal(status, 2);
  t.match(stderr, /^flows\.jsonl:1: flow: client/m);
  t.match(stderr, /^flows\.jsonl:2: flow: not JSON/m);
  t.match(stderr, /left out of the result above/);
  t.match(stdout, /^denied +ingress/m);
  t.match(await run('policy', 'check', 'deny.yaml', '--flows', 'flows.jsonl'), { status: 2, stderr: /go together/ });
  t.match(await run('policy', 'check', 'deny.yaml', '--manifests', 'cluster', '--flows', 'none.jsonl'), {
    status: 2,
    stderr: /ENOENT/,
  });
});

t.test('policies that cannot be read are named by file, line and reason, and the rest is checked', async (t) => {
  const { run, file } = await proving(t);
  const cases: Readonly<Record<string, RegExp>> = {
    'kind: [': /bad\.yaml:\d+: document: /,
    [denyCart.replace('podSelector', 'podSelectr')]: /bad\.yaml:5: NetworkPolicy shop\/cart: spec.*podSelectr/,
    [denyCart.replace('[Ingress]', '7')]: /bad\.yaml:5: NetworkPolicy shop\/cart: spec\.policyTypes/,
    'a: &a [x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: [*c, *c, *c, *c]\n':
      /bad\.yaml:\d+: document: Excessive alias count/,
    ['['.repeat(20_000)]: /bad\.yaml:1: document: /,
  };
  for (const [text, message] of Object.entries(cases)) {
    file('bad.yaml', text);
    const { status, stdout, stderr } = await run('policy', 'check', 'deny.yaml', 'bad.yaml');
    t.equal(status, 2);
    t.match(stderr, message);
    t.match(stdout, /^denied +ingress/m, 'the good one is checked');
  }
});

t.test('JUnit is well-formed whatever names hold', async (t) => {
  const { run, file, folder } = await proving(t);
  file('bad<&"\u0001.yaml', 'kind: [');
  const { status, stdout } = await run('policy', 'check', 'deny.yaml', 'bad<&"\u0001.yaml', '-o', 'junit');
  t.equal(status, 2);
  t.match(stdout, /tests="4" failures="1" errors="1"/);
  file('out.xml', stdout);
  // Python has a parser that refuses what is not well-formed.
  const script =
    'import sys, xml.etree.ElementTree as e; r = e.parse(sys.argv[1]).getroot(); print(r.tag, len(list(r.iter("testcase"))))';
  t.equal(
    execFileSync('python3', ['-c', script, join(folder, 'out.xml')], { encoding: 'utf8' }).trim(),
    'testsuites 4',
  );
});

t.test('SARIF has the line of what is wrong', async (t) => {
  const { run, file } = await proving(t);
  file('cart.yaml', `# a comment\n${allowCart.trimStart().replace('8080', '9999')}`);
  const { stdout } = await run('policy', 'check', 'cart.yaml', '-o', 'sarif');
  const log = JSON.parse(stdout) as { readonly runs: readonly [{ readonly results: readonly unknown[] }] };
  const at = (startLine: number) => [
    { physicalLocation: { artifactLocation: { uri: 'cart.yaml' }, region: { startLine } } },
  ];
  t.match(log.runs[0].results, [
    { ruleId: 'would-deny', level: 'error', locations: at(2) },
    { ruleId: 'unused-rule', level: 'note', locations: at(7) },
  ]);
});

t.test('a plan is written as files that can be applied in the order of their names', async (t) => {
  const { run, folder, file } = await proving(t, [denyCart]);
  file('more.yaml', denyCart.replace('name: cart', 'name: a-deny').replace('{ matchLabels: { app: cart } }', '{}'));
  t.equal((await run('policy', 'rollout', 'more.yaml', 'cart.yaml', '--output-dir', 'plan')).status, 0);
  t.strictSame(readdirSync(join(folder, 'plan/steps')), [
    '1-apply-NetworkPolicy-shop-a-deny.yaml',
    '2-apply-NetworkPolicy-shop-cart.yaml',
  ]);
  const back = readFileSync(join(folder, 'plan/rollback/rollback.sh'), 'utf8');
  t.match(
    back,
    /kubectl apply -f 1-apply-NetworkPolicy-shop-cart\.yaml\nkubectl delete --ignore-not-found -f 2-delete-NetworkPolicy-shop-a-deny\.yaml\n/,
  );
});

t.test('what is asked wrongly is refused with what to do', async (t) => {
  const { run } = await proving(t);
  const cases: readonly (readonly [string, RegExp])[] = [
    ['policy why deploy/a deploy/b 80', /which namespace/],
    ['policy why 10.0.0.1 10.0.0.2 80/icmp', /80\/icmp is no port/],
    ['policy why 10.0.0.1 10.0.0.2 0', /0 is no port/],
    ['policy applied --from deploy/a', /go together/],
    ['policy diff --manifests cart.yaml -o dot', /needs --against/],
    ['policy drift none', /No such baseline/],
    ['policy drift none --unused-after soon', /length of time/],
    ['policy baseline set Bad', /lower case/],
  ];
  for (const [line, message] of cases) {
    const { status, stderr } = await run(...line.split(' '));
    t.ok(status === 1 || status === 2, line);
    t.match(stderr, message, line);
  }
});
