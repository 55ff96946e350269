import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './helm.ts';

export const documents = ['docs/INSTALL.md', 'docs/OPERATE.md', 'docs/TROUBLESHOOTING.md'] as const;

/** The commands of a page: the lines of its shell blocks. */
export function commandsOf(document: string): string[] {
  const text = readFileSync(join(root, document), 'utf8');
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) => block);
  return blocks.flatMap((block) => block.split('\n')).filter((line) => line !== '');
}

/** The files of a page: blocks of YAML that have a name. */
export function filesOf(document: string): (readonly [name: string, text: string])[] {
  const text = readFileSync(join(root, document), 'utf8');
  return [...text.matchAll(/```yaml (\S+\.yaml)\n([\s\S]*?)```/g)].map(([, name = '', block = '']) => [name, block]);
}
