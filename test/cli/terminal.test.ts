import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import t from 'tap';
import { cart, edge, redis, workload } from './answers.ts';
import { serving } from './serving.ts';

const main = join(import.meta.dirname, '../../cli/main.js');

/** Runs a shell text on a terminal of its own (script of util-linux makes one). @returns all that the terminal got */
async function onTerminal(text: string, env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn('script', ['--quiet', '--return', '--command', text, '/dev/null'], {
    env: { ...process.env, NO_COLOR: '', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  await once(child, 'close');
  return output;
}

t.test('a terminal gets colours, unless NO_COLOR says otherwise', async (t) => {
  const { aggregator } = await serving(t);
  const command = `${process.execPath} ${main} flows`;
  t.match(await onTerminal(command, { WEIR_AGGREGATOR: aggregator }), '\u001b[32mforwarded\u001b[39m');
  t.notMatch(await onTerminal(command, { WEIR_AGGREGATOR: aggregator, NO_COLOR: '1' }), '\u001b');
});

t.test('data that is shown on a terminal cannot steer it, and goes to a file as it is', async (t) => {
  const evil = workload('shop', 'a\u009b2Jb');
  const { aggregator, run } = await serving(t, (answers) => {
    answers.edges = [edge(evil, redis)];
    answers.generate = { ...answers.generate, yaml: 'name: a\u009b2Jb\n' };
  });
  for (const args of ['flows -o json', 'flows -o yaml', 'policy generate']) {
    const shown = await onTerminal(`${process.execPath} ${main} ${args}`, { WEIR_AGGREGATOR: aggregator });
    t.match(shown, String.raw`a\x9b2Jb`, args);
    t.notMatch(shown, '\u009b', args);
    t.match((await run(...args.split(' '))).stdout, 'a\u009b2Jb', args);
  }
});

t.test('a reader that has seen enough ends the command quietly', async (t) => {
  const { aggregator } = await serving(t, (answers) => {
    answers.edges = Array.from({ length: 5_000 }, (_, port) => edge(cart, redis, { port }));
  });
  const child = spawn(process.execPath, [main, 'flows', '-o', 'json'], {
    env: { ...process.env, WEIR_AGGREGATOR: aggregator },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    complaint += chunk;
  });
  child.stdout.once('data', () => child.stdout.destroy());
  const [status] = (await once(child, 'close')) as [number | null];
  t.strictSame({ status, complaint }, { status: 0, complaint: '' });
});
