import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { whyNoKernel } from '../agent/node-fixture.ts';

const main = join(import.meta.dirname, '..', '..', 'bench', 'main.js');
const names = [
  'capture',
  'edges',
  'fresh',
  'preexisting',
  'overhead',
  'agent',
  'identity',
  'wire',
  'policy',
  'query',
  'ingest',
  'agents',
  'ui',
];
const statisticsSysctl = '/proc/sys/kernel/bpf_stats_enabled';

// Benches run here in both orders of the programs, which takes half a minute.
t.setTimeout(300_000);

const bench = (...argv: string[]) => spawnSync(process.execPath, [main, ...argv], { encoding: 'utf8' });

t.test('without a name every bench is listed with a sentence', async (t) => {
  const { status, stdout } = bench();
  t.equal(status, 0);
  const lines = stdout.trimEnd().split('\n');
  t.strictSame(
    lines.map((line) => line.split(' ')[0]),
    names,
  );
  for (const line of lines) t.match(line, / [A-Z].*\.$/);
});

t.test('an unknown name ends with status 2 and says what there is', async (t) => {
  const { status, stdout, stderr } = bench('speed', '--json');
  t.equal(status, 2);
  t.equal(stdout, '');
  for (const name of names) t.match(stderr, name);
});

t.test('bad flags end with status 2, and --help with status 0', async (t) => {
  for (const flags of [['--rounds', '0'], ['--seconds', 'long'], ['--nonsense']]) {
    t.equal(bench('capture', ...flags).status, 2, flags.join(' '));
  }
  const { status, stdout } = bench('--help');
  t.equal(status, 0);
  t.match(stdout, /--json/);
});

t.test('with --json the last line is one object, and nothing is left behind', { skip: whyNoKernel() }, async (t) => {
  const before = readFileSync(statisticsSysctl, 'utf8');
  const { status, stdout, stderr } = bench('capture', '--rounds', '1', '--json');
  t.equal(status, 0, stderr);
  const json = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Record<string, number>;
  t.strictSame(Object.keys(json), [
    'empty_ns',
    'tcp_data_over_ns',
    'tcp_syn_over_ns',
    'udp_over_ns',
    'connection_over_ns',
  ]);
  for (const [key, value] of Object.entries(json)) t.ok(Number.isFinite(value), `${key} is a number`);
  t.equal(readFileSync(statisticsSysctl, 'utf8'), before);
});

t.test('without --json there is a table with machine, median and spread', { skip: whyNoKernel() }, async (t) => {
  const { status, stdout, stderr } = bench('edges', '--rounds', '1', '--seconds', '1');
  t.equal(status, 0, stderr);
  t.match(stdout, /^edges on .*, \d+ cores, Linux .*; load average/);
  t.match(stdout, /FIGURE +MEDIAN +QUARTILES +ROUNDS +BAR/);
  t.match(stdout, /rare edges seen of 200 +\d+/);
});

/** Waits until the process has said something. */
async function says(child: ChildProcess, text: string): Promise<void> {
  let output = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes(text)) resolve();
    });
    child.once('exit', () => reject(new Error(`it ended before it said ${text}: ${output}`)));
  });
}

t.test('a signal ends it early, and the sysctl is as it was', { skip: whyNoKernel() }, async (t) => {
  const before = readFileSync(statisticsSysctl, 'utf8');
  const child = spawn(process.execPath, [main, 'capture', '--rounds', '12'], { stdio: ['ignore', 'ignore', 'pipe'] });
  await says(child, 'connections, weir-first, round 2 of 2');
  child.kill('SIGTERM');
  const [status] = (await once(child, 'exit')) as [number | null];
  t.equal(status, 130);
  t.equal(readFileSync(statisticsSysctl, 'utf8'), before);
});
