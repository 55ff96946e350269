import { blocksOf, commandsIn } from '../docs/blocks.ts';

/** The commands of a page: the lines of its shell blocks. */
export function commandsOf(document: string): string[] {
  return blocksOf(document)
    .filter(({ kind }) => kind === 'sh')
    .flatMap(commandsIn);
}

/** The files of a page: blocks of YAML that have a name. */
export function filesOf(document: string): (readonly [name: string, text: string])[] {
  return blocksOf(document).flatMap(({ kind, text }) => {
    const name = /^yaml (\S+\.yaml)$/.exec(kind)?.[1];
    return name === undefined ? [] : [[name, text] as const];
  });
}
