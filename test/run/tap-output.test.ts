import { join } from 'node:path';
import t from 'tap';
import { runJob } from './job.ts';
import { closingLine, countsOf, failuresOf, skipsOf } from './tap-output.ts';

/** Runs a test file of this text as the runner does. */
async function run(folder: string) {
  return runJob({ name: 'made up', command: process.execPath, args: [join(folder, 'made-up.mjs')], tap: true });
}

const tap = JSON.stringify(import.meta.resolve('tap'));

t.test('passed, failed and skipped assertions are counted apart, however deep they are', async (t) => {
  const folder = t.testdir({
    'made-up.mjs': `import t from ${tap};
      t.test('one', async (t) => { t.ok(1); await t.test('inner', async (t) => t.equal(1, 2, 'sums')); });
      t.test('two', { skip: 'no root here' }, async (t) => t.ok(0));`,
  });
  const { output, exitStatus } = await run(folder);
  t.equal(exitStatus, 1);
  t.equal(closingLine(countsOf(output, exitStatus)), '1 passed, 1 failed, 1 skipped');
  t.match(failuresOf(output), /not ok 1 - sums/);
  t.notMatch(failuresOf(output), / ok 1 - expect truthy/);
  t.strictSame(skipsOf(output), ['two: no root here']);
});

t.test('a process that dies before, between or after its assertions fails', async (t) => {
  const deaths = {
    before: 'throw new Error("gone");',
    between: `import t from ${tap}; t.ok(1); process.kill(process.pid, 'SIGKILL');`,
    after: `import t from ${tap}; t.ok(1); t.end(); process.on('exit', () => process.exit(3));`,
  };
  for (const [name, text] of Object.entries(deaths)) {
    const { output, exitStatus } = await run(t.testdir({ 'made-up.mjs': text }));
    t.match(closingLine(countsOf(output, exitStatus)), /passed, 1 failed, 0 skipped/, name);
  }
});

t.test('a command that is not there fails and says so', async (t) => {
  const nothing = await runJob({ name: 'nothing', command: '/nonexistent/command', args: [], tap: false });
  t.not(nothing.exitStatus, 0);
  t.match(nothing.output, 'ENOENT');
});
