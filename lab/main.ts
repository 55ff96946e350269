import { once } from 'node:events';
import { Command } from 'commander';
import { messageOf, WeirError } from '../core/errors.ts';
import { cleanUp } from './clean-up.ts';
import { Lab } from './lab.ts';
import { cniOption, nodeNames, nodesOption, type Shape } from './shape.ts';
import { labExists, labStatus } from './status.ts';
import { abortOnSignals } from './signals.ts';

const say = (message: string) => process.stderr.write(`lab: ${message}\n`);

interface UpOptions extends Shape {
  readonly name: string;
  readonly stateDir?: string;
}

async function up({ name, cni, nodes, stateDir }: UpOptions): Promise<void> {
  const abort = abortOnSignals();
  const directory = stateDir === undefined ? {} : { stateDir };
  const lab = await Lab.start({ name, cni, nodes: nodeNames(nodes), abort, onProgress: say, ...directory });
  lab.startTraffic();
  say(`${lab.pods.length} pods run and talk; manifests in ${lab.manifestsDir}; Ctrl-C removes it all`);
  // A pending promise alone does not keep Node running.
  const alive = setInterval(() => undefined, 1 << 30);
  if (!abort.aborted) await once(abort, 'abort');
  clearInterval(alive);
  await lab.stop();
}

const program = new Command('lab').description('A Kubernetes-like cluster on this machine, for demos and tests.');
program
  .command('up')
  .description('build the lab and keep it until Ctrl-C')
  .option('--name <name>', 'name of the lab', 'lab')
  .option('--state-dir <dir>', 'where it keeps its files')
  .addOption(cniOption)
  .addOption(nodesOption)
  .action(up);
program
  .command('down')
  .description('remove a lab, also what a crash has left of one')
  .option('--name <name>', 'name of the lab', 'lab')
  .action(async ({ name }: { name: string }) => {
    await cleanUp(name, say);
    say(`nothing is left of lab ${name}`);
  });
program
  .command('status')
  .description('say which processes and namespaces a lab has')
  .option('--name <name>', 'name of the lab', 'lab')
  .action(({ name }: { name: string }) => {
    process.stdout.write(`${labExists(name) ? labStatus(name) : `there is no lab ${name}`}\n`);
  });

try {
  await program.parseAsync();
} catch (error) {
  say(messageOf(error));
  process.exitCode = error instanceof WeirError ? error.exitStatus : 1;
}
