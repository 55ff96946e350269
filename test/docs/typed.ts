import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { weirHere } from '../cli/in-process.ts';
import type { Outcome } from '../cli/run.ts';

/** The words of a line as a shell takes them, with quotes and nothing else that a shell knows. */
export function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|([^\s'"]+)/g)].map(
    ([, single, double, plain]) => single ?? double ?? plain ?? '',
  );
}

/** Runs `weir …`, `npx weir …` or `weir … > FILE` as it was typed. @throws Error for any other line */
export async function runTyped(
  line: string,
  to: { readonly aggregator: string; readonly folder: string },
): Promise<Outcome> {
  const [, command, file] = /^(?:npx )?weir (.*?)(?: > (\S+))?$/.exec(line) ?? [];
  if (command === undefined) throw new Error(`not a line for weir alone: ${line}`);
  const outcome = await weirHere(wordsOf(command), to);
  if (file === undefined) return outcome;
  writeFileSync(join(to.folder, file), outcome.stdout);
  return { ...outcome, stdout: '' };
}
