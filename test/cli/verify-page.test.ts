import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { allowCart } from '../aggregator/observed.ts';
import { proving } from './proofs.ts';

interface Example {
  readonly command: string;
  readonly lines: readonly string[];
  readonly status: number;
}

/** The commands of a page with lines that they print and the status with which they end. */
function examplesOf(page: string): Example[] {
  return [...page.matchAll(/```console\n\$ weir (.*)\n([\s\S]*?)exit status (\d+)\n```/g)].map(
    ([, command = '', lines = '', status]) => ({
      command,
      lines: lines.split('\n').filter((line) => line !== ''),
      status: Number(status),
    }),
  );
}

function isPrinted(line: string, printed: readonly string[]): boolean {
  const [start = '', end = ''] = line.split('…');
  return printed.some((each) => (line.includes('…') ? each.startsWith(start) && each.endsWith(end) : each === line));
}

await t.test('every command of the page prints what the page says', async (t) => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'VERIFY.md'), 'utf8');
  const all = examplesOf(page);
  t.equal(all.length, page.split('```console').length - 1, 'each example is read');
  t.ok(all.length > 12);
  const { run } = await proving(t, [allowCart]);
  for (const { command, lines, status } of all) {
    const outcome = await run(...command.split(' '));
    const printed = `${outcome.stdout}\n${outcome.stderr}`.split('\n');
    t.strictSame(
      lines.filter((line) => !isPrinted(line, printed)),
      [],
      `weir ${command} prints them: ${outcome.stderr}`,
    );
    t.equal(outcome.status, status, `weir ${command} ends with ${status}`);
  }
});
