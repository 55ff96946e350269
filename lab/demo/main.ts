import { once } from 'node:events';
import { messageOf, WeirError } from '../../core/errors.ts';
import { Lab } from '../lab.ts';
import { nodeNames } from '../shape.ts';
import { abortOnSignals } from '../signals.ts';
import { Narrator } from './narrator.ts';
import { type DemoOptions, readOptions } from './options.ts';
import { isGood } from './result.ts';
import { policiesFile, tellStory } from './story.ts';
import { Weir } from './weir.ts';

function suggest(tell: Narrator, lab: Lab, { listen, metricsListen, httpListen }: DemoOptions): void {
  const at = listen === '127.0.0.1:7280' ? '' : ` --aggregator ${listen}`;
  tell.heading(`Look around in a browser, http://${httpListen}/, or from another terminal`);
  for (const command of [
    `npx weir status${at}`,
    `npx weir flows${at} --follow`,
    `npx weir graph${at} --namespace shop`,
    `npx weir policy generate${at} --namespace shop`,
    `npx weir policy check${at} ${policiesFile(lab)}`,
    `curl http://${metricsListen}/metrics`,
    `curl http://${httpListen}/api/v1/openapi.json`,
  ]) {
    tell.line(`  ${command}`);
  }
  tell.line('\nThe cluster keeps talking. Ctrl-C removes everything.');
}

async function run(options: DemoOptions): Promise<void> {
  const tell = new Narrator(options.json ? process.stderr : process.stdout);
  const abort = abortOnSignals();
  tell.heading('Building a cluster on this machine');
  const { name, cni } = options;
  const onProgress = (text: string) => tell.progress(text);
  const lab = await Lab.start({ name, cni, nodes: nodeNames(options.nodes), abort, onProgress });
  let weir: Weir | null = null;
  try {
    tell.progress('starting the aggregator, and an agent on every node');
    weir = await Weir.start(lab, options, abort);
    tell.good(`${lab.pods.length} pods on ${lab.nodes.length} nodes are watched`);
    const result = await tellStory({ lab, weir, tell, options, abort });
    const good = isGood(result);
    if (good) tell.line(`\nDone in ${result.seconds} s.`);
    else tell.line(`\nSomething is not as it should be, see above; the logs are in ${lab.stateDir}/weir.`);
    if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
    process.exitCode = good ? 0 : 1;
    if (!options.once) {
      suggest(tell, lab, options);
      // A pending promise alone does not keep Node.js running.
      const alive = setInterval(() => undefined, 1 << 30);
      if (!abort.aborted) await once(abort, 'abort');
      clearInterval(alive);
    }
  } finally {
    weir?.close();
    tell.progress('removing the cluster');
    await lab.stop();
  }
}

try {
  const options = readOptions(process.argv.slice(2), (text) => process.stdout.write(text));
  if (options !== null) await run(options);
} catch (error) {
  process.stderr.write(`demo: ${messageOf(error)}\n`);
  process.exitCode = error instanceof WeirError ? error.exitStatus : 1;
}
