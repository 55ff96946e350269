import t from 'tap';
import { allowCart } from '../aggregator/observed.ts';
import { blocksOf, exampleIn, missingLines } from '../docs/blocks.ts';
import { proving } from './proofs.ts';

await t.test('every command of the page prints what the page says', async (t) => {
  const blocks = blocksOf('docs/VERIFY.md');
  const all = blocks.map(exampleIn).filter((example) => example !== null);
  t.equal(all.length, blocks.length, 'each example is read');
  t.ok(all.length > 12);
  const { run } = await proving(t, [allowCart]);
  for (const example of all) {
    const { command, status } = example;
    const outcome = await run(...command.split(' ').slice(1));
    t.strictSame(missingLines(example, `${outcome.stdout}\n${outcome.stderr}`), [], `${command}: ${outcome.stderr}`);
    t.equal(outcome.status, status, `${command} ends with ${status}`);
  }
});
