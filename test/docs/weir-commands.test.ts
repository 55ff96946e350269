import { spawn } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { AggregatorProcess } from '../aggregator/process.ts';
import { batchOf, call } from '../aggregator/pusher.ts';
import { proving } from '../cli/proofs.ts';
import { Authority } from '../tls/authority.ts';
import { blocksOf, commandsIn, documents } from './blocks.ts';
import { blockExecutor } from './executors.ts';
import { runTyped } from './typed.ts';

const typed = documents
  .flatMap(blocksOf)
  .filter((block) => blockExecutor(block) === null)
  .flatMap(commandsIn)
  .filter((command) => /^(npx )?weir |^export WEIR_/.test(command));
const overTls = typed.filter((command) => command.includes('weir-ca.crt'));
const following = typed.filter((command) => / -f /.test(command));
const plain = typed.filter((command) => !overTls.includes(command) && !following.includes(command));

/** The heads of a table's columns. */
function columnsOf(line: string): string {
  return line.trim().split(/ {2,}/).join('|');
}

await t.test('each command answers out of what an aggregator has seen', async (t) => {
  const { aggregator, folder } = await proving(t).then(({ aggregator: { addresses }, folder }) => ({
    aggregator: addresses[0] as string,
    folder,
  }));
  t.ok(plain.length > 5);
  const headers = new Set<string>();
  for (const command of plain) {
    const { status, stdout, stderr } = await runTyped(command, { aggregator, folder });
    t.equal(status, 0, `${command}: ${stderr}`);
    for (const line of stdout.split('\n')) headers.add(columnsOf(line));
  }
  // What README shows is of the demo's cluster; here it is another that answers, with the same columns.
  const shown = blocksOf('README.md').flatMap(({ text }) =>
    text.split('\n').filter((line) => /^[A-Z]+ {2,}[A-Z]/.test(line)),
  );
  t.ok(shown.length > 1);
  for (const line of shown) t.ok(headers.has(columnsOf(line)), line);
  const refused = blocksOf('docs/QUERY.md').find(({ kind }) => kind === 'text refused')?.text ?? '';
  const [filter = '', place = ''] = refused.split('\n');
  const { status, stderr } = await runTyped(`weir flows '${filter}'`, { aggregator, folder });
  t.equal(status, 2);
  const lines = stderr.split('\n').map((line) => line.trimEnd());
  const at = lines.findIndex((line) => line.endsWith(filter));
  t.ok(at >= 0 && lines[at + 1]?.endsWith(place), `the place is shown: ${stderr}`);
});

await t.test('each command that follows shows what comes', async (t) => {
  const { aggregator, agent, folder } = await proving(t);
  const main = join(import.meta.dirname, '..', '..', 'cli', 'main.js');
  const program = `weir() { exec '${process.execPath}' '${main}' "$@"; }`;
  let sequence = 1;
  for (const command of following) {
    const env = { ...process.env, WEIR_AGGREGATOR: aggregator.addresses[0] };
    const child = spawn('sh', ['-c', `${program}; ${command}`], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.teardown(() => child.kill('SIGKILL'));
    const shown: string[] = [];
    child.stdout.setEncoding('utf8').on('data', (text: string) => shown.push(text));
    // Only what comes after it has begun is shown, and nobody tells when it has.
    while (shown.length === 0) {
      agent.send(batchOf(++sequence, [call('cart-1', '203.0.113.7', 443)]));
      await agent.ackThrough(sequence);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    t.match(shown.join(''), /shop\/deployment\/cart/, command);
    child.kill('SIGTERM');
  }
  t.ok(following.length > 0);
});

await t.test('each command that names an authority speaks TLS', async (t) => {
  const folder = t.testdir({ cluster: {} });
  const authority = new Authority(t);
  const { cert, key } = authority.write(authority.issue('DNS:weir-aggregator'), 'aggregator');
  const files = ['--cluster-files', join(folder, 'cluster'), '--database', join(folder, 'weir.db')];
  const listen = ['--listen', '127.0.0.1:0', '--metrics-listen', '127.0.0.1:0', '--users', 'anyone'];
  const server = await AggregatorProcess.start([
    ...listen,
    ...files,
    '--tls-cert',
    cert,
    '--tls-key',
    key,
    '--tls-ca',
    authority.certFile,
  ]);
  t.teardown(() => server.end('SIGTERM'));
  const aggregator = `localhost:${(server.listening.addresses[0] as string).split(':').at(-1)}`;
  const here = (text: string) => text.replace('localhost:7280', aggregator).replace('weir-ca.crt', authority.certFile);
  for (const command of overTls) {
    const settings = [...here(command).matchAll(/(WEIR_\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]);
    Object.assign(process.env, Object.fromEntries(settings));
    const line = command.startsWith('export ') ? 'weir status' : here(command);
    const outcome = await runTyped(line, { aggregator, folder });
    for (const [name = ''] of settings) delete process.env[name];
    t.match(outcome, { status: 0, stdout: /^Cluster default/ }, `${command}: ${outcome.stderr}`);
  }
  t.equal(overTls.length, 1);
});
