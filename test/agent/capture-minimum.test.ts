import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t from 'tap';
import { whyNoKernel } from './node-fixture.ts';

const main = join(import.meta.dirname, '..', '..', 'agent', 'main.js');

/** Starts an agent where something of the machine is hidden by what a shell does first. */
function startWhere(hidden: string, folder: string) {
  const agent = `exec ${process.execPath} ${main} --spool ${folder}/spool --pins ${folder}/pins`;
  const child = spawn('unshare', ['--mount', '--net', 'sh', '-c', `${hidden} && ${agent}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return { child, lines: createInterface({ input: child.stderr }) };
}

t.test('a kernel without type information is refused, with what to do', { skip: whyNoKernel() }, async (t) => {
  const { child, lines } = startWhere('mount -t tmpfs none /sys/kernel/btf', t.testdir());
  t.teardown(() => child.kill('SIGKILL'));
  const exit = once(child, 'exit');
  const said: string[] = [];
  for await (const line of lines) said.push(line);
  t.strictSame(await exit, [1, null]);
  t.match(said.join('\n'), /weir-agent: The kernel offers no BTF type information: .*CONFIG_DEBUG_INFO_BTF/);
});

t.test('pins in no BPF file system are done without, and that is told', { skip: whyNoKernel() }, async (t) => {
  const { child, lines } = startWhere('ip link set lo up', t.testdir());
  t.teardown(() => child.kill('SIGKILL'));
  for await (const line of lines) {
    if (!line.startsWith('{')) continue;
    const told = JSON.parse(line) as Record<string, unknown>;
    if (told['feature'] !== 'pinning') continue;
    t.match(told, { level: 40, msg: 'feature is off', reason: /is in no BPF file system; events between two starts/ });
    return;
  }
  t.fail('it ended without a word of pinning');
});
