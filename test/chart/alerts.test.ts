import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { chart, root } from './helm.ts';

const promtool = (...args: readonly string[]) => spawnSync('promtool', args, { encoding: 'utf8' });
const skip = promtool('--version').status === 0 ? false : 'promtool is not here; npm run setup installs it';
const tests = join(root, 'test', 'chart', 'alerts.yaml');

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string }[] }[];
}

t.test('alerts fire on what they are for, and on nothing else', { skip }, async (t) => {
  const { status, stdout, stderr } = promtool('test', 'rules', tests);
  t.equal(status, 0, `${stdout}${stderr}`);
});

t.test('every alert is tried', async (t) => {
  const { groups } = parse(readFileSync(join(chart, 'files', 'alerts.yaml'), 'utf8')) as Rules;
  const text = readFileSync(tests, 'utf8');
  for (const { alert } of groups.flatMap(({ rules }) => rules)) t.ok(text.includes(alert), alert);
});
