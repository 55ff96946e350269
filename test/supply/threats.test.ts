import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { root } from './lock.ts';

t.test('each threat that SECURITY.md says is kept off names tests that there are', async (t) => {
  const rows = readFileSync(join(root, 'SECURITY.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\|(---| who \|)/.test(line));
  t.ok(rows.length > 15);
  for (const row of rows) {
    const tests = [...(row.split('|').at(-2) ?? '').matchAll(/`([\w-]+\/[\w-]+)`/g)].map(([, name = '']) => name);
    t.ok(tests.length > 0, row.slice(0, 80));
    for (const name of tests) t.ok(existsSync(join(root, 'test', `${name}.test.ts`)), name);
  }
});
