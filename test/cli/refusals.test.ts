import t from 'tap';
import { WeirError } from '../../core/errors.ts';
import { weir } from './run.ts';
import { serving } from './serving.ts';

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
