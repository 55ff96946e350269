import t from 'tap';
import { WeirError } from '../../core/errors.ts';
import { cart, edge, redis, workload } from './answers.ts';
import { weir } from './run.ts';
import { serving } from './serving.ts';

const withoutAge = (text: string) => text.replace(/\d+d$/gm, 'AGE');

t.test('flows are rows, without borders, colours or trailing blanks', async (t) => {
  const { run } = await serving(t);
  const { status, stdout, stderr } = await run('flows');
  t.equal(status, 0);
  t.equal(stderr, '');
  t.equal(
    withoutAge(stdout),
    [
      'CLIENT                SERVER                 PORT      SERVICE     VERDICT                   TIMES  TO SERVER  TO CLIENT  LAST SEEN',
      'shop/deployment/cart  data/deployment/redis  6379/TCP  data/redis  forwarded                 7      2.0 KiB    4.8 MiB    AGE',
      'shop/deployment/cart  203.0.113.10           443/TCP               dropped (NETFILTER_DROP)  7      0 B        0 B        AGE',
      '',
    ].join('\n'),
  );
});

t.test('the question is passed on as it was asked', async (t) => {
  const { run, double } = await serving(t);
  await run('flows', '-n', 'shop', '--workload', 'deploy/cart', '--since', '15m');
  t.match(double.asked, [
    { scope: { namespace: 'shop', workload: { namespace: 'shop', kind: 'Deployment', name: 'cart' } } },
  ]);
  const { range } = double.asked[0] as { range: { startUnixMs: number } };
  t.ok(Math.abs(Date.now() - 900_000 - range.startUnixMs) < 60_000);
});

t.test('a verdict is a filter', async (t) => {
  const { run } = await serving(t);
  const { stdout } = await run('flows', '--verdict', 'dropped', '-o', 'json');
  t.match(JSON.parse(stdout), [{ verdict: 'dropped', merged: { drops: { NETFILTER_DROP: 3 } } }]);
  t.match(await run('flows', '--verdict', 'lost'), { status: 2, stderr: /give one of forwarded, dropped/ });
});

t.test('names from the cluster cannot steer the terminal', async (t) => {
  const evil = workload('shop', '\u001b[2Jgone\u202e');
  const { run } = await serving(t, (answers) => {
    answers.edges = [edge(evil, redis)];
  });
  for (const command of [['flows'], ['graph'], ['graph', '-o', 'dot'], ['graph', '-o', 'mermaid']]) {
    const { stdout } = await run(...command);
    t.match(stdout, String.raw`\x1b[2Jgone\u202e`.replaceAll('\\', command.includes('dot') ? '\\\\' : '\\'));
    t.notOk(stdout.includes('\u001b') || stdout.includes('\u202e'));
  }
});

t.test('what is missing from the answer is said beside it', async (t) => {
  const { run } = await serving(t, (answers) => {
    const losses = [{ stage: 'socket-edges-full', events: 4 }];
    answers.coverage = { ...answers.coverage, incompleteWindows: 2, losses, nodesWithoutAgent: ['n3'] };
  });
  const { stderr } = await run('flows');
  t.match(stderr, /2 windows incomplete.*socket-edges-full 4/);
  t.match(stderr, /no agent reports for n3/);
});

t.test('following prints each window, and what was left out', async (t) => {
  const { run } = await serving(t, (answers) => {
    const end = Date.UTC(2026, 0, 2, 3, 4, 5);
    const window = { node: 'n1', windowStartUnixMs: end - 5000, windowEndUnixMs: end };
    answers.windows = [
      { ...window, edges: [edge(cart, redis)], skippedWindows: 0 },
      { ...window, node: 'n2', edges: [], skippedWindows: 3 },
    ];
  });
  const { status, stdout, stderr } = await run('flows', '-f');
  t.equal(status, 0);
  t.equal(
    stdout,
    '03:04:05  n1  shop/deployment/cart -> data/deployment/redis  6379/TCP  forwarded  2.0 KiB / 4.8 MiB\n',
  );
  t.match(stderr, /3 windows left out/);
  const { stdout: lines } = await run('flows', '-f', '-o', 'json');
  t.match(JSON.parse(lines), { node: 'n1', port: 6379 });
});

t.test('nobody at the address, and a refusal, are one line and a status', async (t) => {
  t.match(await weir(['flows']), {
    status: 1,
    stdout: '',
    stderr: /^weir: .*127\.0\.0\.1:1; start it, or .*--aggregator/,
  });
  const { run } = await serving(t, (answers) => {
    answers.refusal = new WeirError('WORKLOAD_UNKNOWN', 'shop/Deployment/nope');
  });
  t.strictSame(await run('graph'), { status: 1, stdout: '', stderr: 'weir: No such workload: shop/Deployment/nope\n' });
});

t.test('a fault of the aggregator is told in its own words, with the status of its code', async (t) => {
  for (const [refusal, status] of [
    [new WeirError('STORE', 'disk full; make room'), 1],
    [new WeirError('QUERY_INVALID', 'the range ends before it begins'), 2],
  ] as const) {
    const { run } = await serving(t, (answers) => {
      answers.refusal = refusal;
    });
    t.strictSame(await run('flows'), { status, stdout: '', stderr: `weir: ${refusal.message}\n` });
  }
});

t.test('bad usage is status 2', async (t) => {
  for (const [args, complaint] of [
    [['flows', '--since', 'yesterday'], /--since yesterday: give a length of time/],
    [['flows', '--workload', 'deployment/cart'], /--namespace/],
    [['flows', '-n', 'a', '--workload', 'a/b/c'], /kind\/name/],
    [['flows', '-o', 'xml'], /Allowed choices/],
    [['flows', '-f', '--since', '5m'], /--follow begins now; leave out --since/],
    [['flows', '-f', '-o', 'yaml'], /--follow prints a table or, with -o json, a line each/],
    [['flowz'], /unknown command/],
  ] as const) {
    const { status, stderr } = await weir(args);
    t.equal(status, 2, args.join(' '));
    t.match(stderr, complaint);
  }
});

t.test('the version is the one of the package', async (t) => {
  t.match(await weir(['--version']), { status: 0, stdout: /^\d+\.\d+\.\d+\n$/ });
});
