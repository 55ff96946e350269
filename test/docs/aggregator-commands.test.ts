import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { AggregatorProcess } from '../aggregator/process.ts';
import { blocksOf, commandsIn } from './blocks.ts';
import { wordsOf } from './typed.ts';

const run = promisify(execFile);
const main = join(import.meta.dirname, '..', '..', 'aggregator', 'main.js');

t.test('a copy is taken while an aggregator runs and restored when it has ended, as the page says', async (t) => {
  const folder = t.testdir({ cluster: {} });
  const database = join(folder, 'weir.db');
  const commands = blocksOf('docs/OPERATE.md')
    .flatMap(commandsIn)
    .filter((each) => each.startsWith('weir-aggregator '));
  t.match(commands, [/^weir-aggregator backup /, /^weir-aggregator restore /]);
  const typed = async (command = '') => {
    const [, ...args] = wordsOf(command.replaceAll('/var/lib/weir', folder));
    return await run(process.execPath, [main, ...args], { env: { ...process.env, WEIR_DATABASE: database } });
  };
  const args = [
    '--listen',
    '127.0.0.1:0',
    '--metrics-listen',
    '127.0.0.1:0',
    '--cluster-files',
    join(folder, 'cluster'),
  ];
  const aggregator = await AggregatorProcess.start([...args, '--database', database]);
  t.teardown(() => aggregator.end('SIGKILL'));
  t.match(await typed(commands[0]), { stdout: /^copied and checked .*copy\.db$/m, stderr: /^copied 100 %$/m });
  t.ok(existsSync(join(folder, 'copy.db')));
  await t.rejects(typed(commands[1]), { code: 1, stderr: /weir\.db: another process uses it; end that process/ });
  t.equal(await aggregator.end('SIGTERM'), 0);
  t.match(await typed(commands[1]), { stdout: /^what was there before is .*weir\.db\.replaced/m });
});
