import { spawnSync } from 'node:child_process';
import t from 'tap';
import { allowCart } from '../aggregator/observed.ts';
import { toolOf, whyNoHelm } from '../chart/helm.ts';
import { blocksOf, commandsIn, documents } from './blocks.ts';
import { blockExecutor } from './executors.ts';

const blocks = documents.flatMap(blocksOf);
const runElsewhere = blocks
  .filter((block) => {
    const executor = blockExecutor(block);
    return executor !== null && 'test' in executor && executor.test === 'chart/documents';
  })
  .flatMap(commandsIn);
const commands = blocks
  .filter((block) => blockExecutor(block) === null)
  .flatMap(commandsIn)
  .filter((command) => /^(helm|kubectl) /.test(command));

t.test('what other pages repeat of the installation is what is run there', async (t) => {
  const repeated = commands.filter((command) => /^helm |^kubectl (get|port-forward) /.test(command));
  t.ok(repeated.length > 2);
  for (const command of repeated) t.ok(runElsewhere.includes(command), command);
});

t.test('kubectl knows every word of what needs a whole cluster', { skip: whyNoHelm() }, async (t) => {
  const manifests = blocks.flatMap(({ kind, text }) => {
    const name = /^yaml (\S+\.yaml)$/.exec(kind)?.[1];
    return name === undefined ? [] : [[name, text] as const];
  });
  const folder = t.testdir({ ...Object.fromEntries(manifests), 'weir-copy.db': '', 'cart.yaml': allowCart });
  const left = commands.filter((command) => !runElsewhere.includes(command));
  t.ok(left.length > 8);
  for (const command of new Set(left)) {
    // Behind ` -- ` is what runs in the pod.
    const [own = '', ...inPod] = command.split(/(?= -- )/);
    const server = ['--server=http://127.0.0.1:1', '--request-timeout=1s'];
    const args = [...own.split(' ').slice(1), ...server, ...inPod.join('').split(' ').slice(1)];
    const { stdout, stderr } = spawnSync(toolOf('kube-1.36', 'kubectl'), args, { encoding: 'utf8', cwd: folder });
    t.match(`${stdout}${stderr}`, /refused|127\.0\.0\.1:1/, `${command}: it is the server that is missing`);
    t.notMatch(`${stdout}${stderr}`, /unknown (flag|command)/, command);
  }
});
