import t from 'tap';
import { blocksOf, commandsIn, documents } from './blocks.ts';
import { blockExecutor, commandExecutor, type Executor } from './executors.ts';

const blocks = documents.flatMap(blocksOf);
const isBy = (executor: Executor | null, test: string) =>
  executor !== null && 'test' in executor && executor.test === test;

t.test('what other pages repeat of the installation is what is run there', async (t) => {
  const installed = blocks.filter((block) => isBy(blockExecutor(block), 'chart/documents')).flatMap(commandsIn);
  const repeated = blocks
    .filter((block) => blockExecutor(block) === null)
    .flatMap(commandsIn)
    .filter((command) => isBy(commandExecutor(command), 'docs/repeated-commands'));
  t.ok(repeated.length > 2);
  for (const command of repeated) t.ok(installed.includes(command), command);
});
