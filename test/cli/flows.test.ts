import t from 'tap';
import { bank, cart, edge, observed, redis, workload } from './answers.ts';
import { serving } from './serving.ts';

const withoutAge = (text: string) => text.replace(/\d+d$/gm, 'AGE');

/** A window of five seconds in which nothing was seen. */
const windowUntil = (windowEndUnixMs: number) => ({
  node: 'n1',
  windowStartUnixMs: windowEndUnixMs - 5000,
  windowEndUnixMs,
  edges: [],
  skippedWindows: 0,
  resumeToken: '',
  resumeLost: false,
});

t.test('flows are rows, without borders, colours or trailing blanks', async (t) => {
  const { run } = await serving(t);
  const { status, stdout, stderr } = await run('flows');
  t.equal(status, 0);
  t.equal(stderr, '');
  t.equal(
    withoutAge(stdout),
    [
      'CLIENT                SERVER                 PORT      SERVICE     VERDICT                   TIMES  TO SERVER  TO CLIENT  RTT  LAST SEEN',
      'shop/deployment/cart  data/deployment/redis  6379/TCP  data/redis  forwarded                 7      2.0 KiB    4.8 MiB         AGE',
      'shop/deployment/cart  203.0.113.10           443/TCP               dropped (NETFILTER_DROP)  7      0 B        0 B             AGE',
      '',
    ].join('\n'),
  );
});

t.test('an external server shows the names that pods asked for, and how long an answer takes', async (t) => {
  const names = ['api.example.com', 'b.example.com', 'c.example.com', 'd.example.com', 'e.example.com'];
  const { run } = await serving(t, (answers) => {
    answers.edges = [
      observed(cart, bank, { serverNames: names.slice(0, 1), rtt: [400, 2] }),
      observed(cart, bank, { serverNames: names, rtt: [24_000, 2] }, { port: 443 }),
      observed(cart, redis, { serverNames: ['redis.data.svc'], rtt: [40, 1] }),
    ];
  });
  const { stdout } = await run('flows');
  t.match(stdout, /203\.0\.113\.10 \(api\.example\.com\) .* 0\.2 ms {2}/);
  t.match(stdout, /203\.0\.113\.10 \(api\.example\.com, b\.example\.com, c\.example\.com, and 2 more\) .* 12 ms {2}/);
  t.match(stdout, /data\/deployment\/redis {2}.* 0\.04 ms {2}/, 'a workload has a name of its own');
  const edges = JSON.parse((await run('flows', '-o', 'json')).stdout) as unknown;
  t.match(edges, [
    { merged: { serverNames: ['api.example.com'], counters: { rttMicros: 400, rttSamples: 2 } } },
    { merged: { serverNames: names } },
  ]);
});

t.test('a direction that only the port numbers tell is marked, and the mark is explained once', async (t) => {
  const guess = observed(cart, redis, { directionBy: 'ports' }, { port: 53, protocol: 'UDP' });
  const end = Date.UTC(2026, 0, 2, 3, 4, 5);
  const window = { ...windowUntil(end), edges: [guess] };
  const { run } = await serving(t, (answers) => {
    answers.edges = [guess, observed(cart, redis, {})];
    answers.windows = [window, window];
  });
  const note = '?: only the port numbers tell which end is the client; no policy rests on it\n';
  for (const command of [['flows'], ['flows', '-f'], ['graph'], ['graph', '-o', 'dot'], ['graph', '-o', 'mermaid']]) {
    const { stdout, stderr } = await run(...command);
    t.match(stdout, '53/UDP ?', command.join(' '));
    t.equal(stderr, note, command.join(' '));
    t.notMatch(stdout, '6379/TCP ?');
  }
  for (const command of [['flows'], ['flows', '-f'], ['graph']]) {
    const { stdout, stderr } = await run(...command, '-o', 'json');
    t.equal(stderr, '');
    t.match(stdout, /"directionBy": ?"ports"/);
  }
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

t.test('names from the cluster cannot steer the terminal', async (t) => {
  const evil = workload('shop', '\u001b[2Jgone\u202e');
  const { run } = await serving(t, (answers) => {
    answers.edges = [edge(evil, redis), observed(cart, bank, { serverNames: ['\u001b[2Jgone\u202e.example'] })];
  });
  for (const command of [['flows'], ['graph'], ['graph', '-o', 'dot'], ['graph', '-o', 'mermaid']]) {
    const { stdout } = await run(...command);
    t.match(stdout, String.raw`\x1b[2Jgone\u202e`.replaceAll('\\', command.includes('dot') ? '\\\\' : '\\'));
    t.notOk(stdout.includes('\u001b') || stdout.includes('\u202e'));
  }
});

t.test('what is missing from the answer is said beside it', async (t) => {
  const { run } = await serving(t, (answers) => {
    const losses = [{ stage: 'overflow-ring-full', events: 4 }];
    answers.coverage = { ...answers.coverage, incompleteWindows: 2, losses, nodesWithoutAgent: ['n3'] };
  });
  const { stderr } = await run('flows');
  t.match(stderr, /2 windows incomplete.*overflow-ring-full 4/);
  t.match(stderr, /no agent reports for n3/);
});

t.test('following prints each window, and what was left out', async (t) => {
  const { run } = await serving(t, (answers) => {
    const end = Date.UTC(2026, 0, 2, 3, 4, 5);
    answers.windows = [
      { ...windowUntil(end), edges: [edge(cart, redis)] },
      { ...windowUntil(end), node: 'n2', skippedWindows: 3 },
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
