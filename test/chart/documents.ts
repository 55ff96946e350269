import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './helm.ts';

export const documents = ['docs/INSTALL.md', 'docs/OPERATE.md', 'docs/TROUBLESHOOTING.md'] as const;

/** The shell blocks of a page, each with its commands, one a line. */
export function blocksOf(document: string): string[][] {
  const text = readFileSync(join(root, document), 'utf8');
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) => block);
  return blocks.map((block) => block.split('\n').filter((line) => line !== ''));
}
