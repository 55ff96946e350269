import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { allowCart, denyCart, objects, observed } from '../aggregator/observed.ts';
import { weirHere } from './in-process.ts';

/** A folder with the files that docs/VERIFY.md names, and `weir` in it against an aggregator that saw traffic. */
export async function proving(t: Test, applied: readonly string[] = []) {
  const running = await observed(t, applied);
  const [aggregator = ''] = running.aggregator.addresses;
  const folder = t.testdir({});
  const file = (name: string, text: string) => writeFileSync(join(folder, name), text);
  file('cart.yaml', allowCart.trimStart());
  file('deny.yaml', denyCart.trimStart());
  mkdirSync(join(folder, 'cluster'));
  file('cluster/all.yaml', [...objects, ...applied].join('\n---\n'));
  const run = (...args: readonly string[]) => weirHere(args, { aggregator, folder });
  file('flows.jsonl', (await run('flows', '-o', 'jsonl')).stdout);
  return { ...running, folder, file, run };
}
