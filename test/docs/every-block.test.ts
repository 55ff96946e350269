import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { blocksOf, commandsIn, documents } from './blocks.ts';
import { blockExecutor, blockExecutors, commandExecutor, commandExecutors } from './executors.ts';

const tests = join(import.meta.dirname, '..');
const blocks = documents.flatMap(blocksOf);
const alone = blocks.filter((block) => blockExecutor(block) === null).flatMap(commandsIn);

t.test('every block of every page is run by a test, or it is said why not', async (t) => {
  t.ok(blocks.length > 40);
  for (const block of blocks) {
    if (blockExecutor(block) !== null) continue;
    const commands = commandsIn(block);
    const place = `${block.document}:${block.line}`;
    t.ok(commands.length > 0, `${place}: no test is named for \`\`\`${block.kind}; see test/docs/executors.ts`);
    for (const command of commands) t.ok(commandExecutor(command), `${place}: no test is named for ${command}`);
  }
});

t.test('every executor is there and has something to run', async (t) => {
  for (const [start, executor] of commandExecutors) {
    t.ok(
      alone.some((command) => start.test(command)),
      `${start}`,
    );
    if ('test' in executor) t.ok(existsSync(join(tests, `${executor.test}.test.js`)), executor.test);
  }
  for (const [document, kind, executor] of blockExecutors) {
    t.ok(
      blocks.some((block) => document.test(block.document) && kind.test(block.kind)),
      `${document} ${kind}`,
    );
    if ('test' in executor) t.ok(existsSync(join(tests, `${executor.test}.test.js`)), executor.test);
  }
});
