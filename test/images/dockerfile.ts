import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..', '..', '..');

export interface Instruction {
  readonly word: string;
  readonly text: string;
}

export interface Stage {
  readonly name: string;
  /** The stage or the image that it begins with. */
  readonly base: string;
  readonly instructions: readonly Instruction[];
}

/** The stages of a Dockerfile, without comments, with continued lines joined. */
export function stagesOf(file: string): Stage[] {
  const lines = readFileSync(join(root, file), 'utf8')
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const stages: { name: string; base: string; instructions: Instruction[] }[] = [];
  for (const line of lines) {
    const [, word = '', text = ''] = /^([A-Z]+) (.+)$/.exec(line) ?? [];
    const [, base = '', name = ''] = word === 'FROM' ? (/^(\S+) AS (\S+)$/.exec(text) ?? []) : [];
    if (word === 'FROM') stages.push({ name, base, instructions: [] });
    else stages.at(-1)?.instructions.push({ word, text });
  }
  return stages;
}

/** Everything that a stage does, with what the stages do that it begins with. */
export function instructionsOf(stages: readonly Stage[], name: string): Instruction[] {
  const stage = stages.find((each) => each.name === name);
  return stage === undefined ? [] : [...instructionsOf(stages, stage.base), ...stage.instructions];
}

/** What processes of an image are told, as `NAME=value`; no value has a space. */
export function environmentOf(instructions: readonly Instruction[]): string[] {
  return instructions.filter(({ word }) => word === 'ENV').flatMap(({ text }) => text.split(/\s+/));
}

export interface Copy {
  /** Stage that it is copied from; null for the folder that is built. */
  readonly from: string | null;
  readonly sources: readonly string[];
  readonly target: string;
}

export function copiesOf(instructions: readonly Instruction[]): Copy[] {
  return instructions
    .filter(({ word }) => word === 'COPY')
    .map(({ text }) => {
      const words = text.split(/\s+/);
      const from = words[0]?.startsWith('--from=') === true ? (words.shift() ?? '').slice('--from='.length) : null;
      const target = words.pop() ?? '';
      return { from, sources: words, target };
    });
}
