import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { whyNoKernel } from './node-fixture.ts';

const main = join(import.meta.dirname, '..', '..', 'agent', 'main.js');

/** Starts an agent where something of the machine is hidden by what a shell does first. */
function startWhere(hidden: string, folder: string) {
  const agent = `exec ${process.execPath} ${main} --spool ${folder}/spool --pins ${folder}/pins`;
  return spawnSync('unshare', ['--mount', '--net', 'sh', '-c', `${hidden} && ${agent}`], {
    encoding: 'utf8',
    timeout: 10_000,
  });
}

t.test('a kernel without type information is refused, with what to do', { skip: whyNoKernel() }, async (t) => {
  const { status, stderr } = startWhere('mount -t tmpfs none /sys/kernel/btf', t.testdir());
  t.equal(status, 1);
  t.match(stderr, /weir-agent: The kernel offers no BTF type information: .*CONFIG_DEBUG_INFO_BTF/);
});

t.test('pins in no BPF file system are done without, and that is told', { skip: whyNoKernel() }, async (t) => {
  const { stderr } = startWhere('ip link set lo up', t.testdir());
  const lines = stderr.split('\n').filter((line) => line.startsWith('{'));
  const off = lines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .find(({ feature }) => feature === 'pinning');
  t.match(off, { level: 40, msg: 'feature is off', reason: /is in no BPF file system; events between two starts/ });
});
