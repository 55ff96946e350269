import t from 'tap';
import { serving } from './serving.ts';

t.test('a filter is held against the grammar before anybody is asked', async (t) => {
  const { run, double } = await serving(t);
  t.strictSame(await run('flows', 'namespace=shop', 'prot=443'), {
    status: 2,
    stdout: '',
    stderr: `namespace=shop prot=443
               ^^^^
weir: The filter is not valid: at "prot" (place 16): no such field; there are namespace, workload, label, port, protocol, verdict, reason, direction, service, name, type, cidr, alias, node, evidence
`,
  });
  t.match(await run('graph', '--filter', 'port='), { status: 2, stderr: /a value is due here/ });
  t.strictSame(double.asked, []);
  await run('graph', '--filter', 'port=443');
  t.match(double.asked, [{ filter: 'port=443' }]);
});

t.test('the first so many come in the order that is asked for, a line each', async (t) => {
  const { run, double } = await serving(t);
  const { stdout } = await run('flows', '--order', 'bytes', '--limit', '1', '-o', 'jsonl');
  t.match(double.asked, [{ order: 'EDGE_ORDER_BYTES', pageSize: 1 }]);
  t.match(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object),
    [{ client: { name: 'cart' } }],
  );
  t.match(await run('flows', '--limit', '1'), { stderr: /the first 1 of \d/ });
  t.match(await run('flows', '--limit', 'few'), { status: 2, stderr: /--limit few: give a number/ });
});

t.test('a verdict is a filter', async (t) => {
  const { run, double } = await serving(t);
  await run('flows', '--verdict', 'dropped', '-o', 'json');
  await run('flows', 'port=1', 'or', 'port=2', '--verdict', 'dropped');
  t.match(double.asked, [{ filter: 'verdict=dropped' }, { filter: '(port=1 or port=2) verdict=dropped' }]);
  t.match(await run('flows', '--verdict', 'lost'), { status: 2, stderr: /give one of forwarded, dropped/ });
});
