import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..', '..');

/** Every page whose blocks have to be run. */
export const documents: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** A fenced block of a page. */
export interface Block {
  readonly document: string;
  /** Of the fence, from 1. */
  readonly line: number;
  /** Behind the fence: the language, and what else is said of the block. */
  readonly kind: string;
  readonly text: string;
}

/** A command of a page with lines that it prints and the status with which it ends. */
export interface Example {
  readonly command: string;
  readonly lines: readonly string[];
  readonly status: number;
}

export function pageOf(document: string): string {
  return readFileSync(join(root, document), 'utf8');
}

export function blocksOf(document: string): Block[] {
  const page = pageOf(document);
  return [...page.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm)].map(({ index, 1: kind = '', 2: text = '' }) => ({
    document,
    line: page.slice(0, index).split('\n').length,
    kind,
    text,
  }));
}

/** The commands of a block: the lines of a shell's, without remarks, and those behind `$` where what they print is shown. */
export function commandsIn({ kind, text }: Block): string[] {
  const lines = text.split('\n').filter((line) => line !== '');
  const typed = /^sh\b/.test(kind) ? lines : lines.filter((line) => line.startsWith('$ ')).map((line) => line.slice(2));
  return typed.map((line) => line.replace(/ +# .*$/, ''));
}

/** A block of one command that ends with `exit status N`; null when it has another form. */
export function exampleIn({ kind, text }: Block): Example | null {
  const [, command = '', printed = '', status] = /^\$ (.*)\n([\s\S]*?)exit status (\d+)\n$/.exec(text) ?? [];
  if (kind !== 'console' || status === undefined) return null;
  return { command, lines: printed.split('\n').filter((line) => line !== ''), status: Number(status) };
}

/** Which lines of an example were not printed; `…` in them stands for whatever differs from run to run. */
export function missingLines({ lines }: Example, printed: string): string[] {
  const all = printed.split('\n');
  const isPrinted = (line: string) => {
    const [start = '', end = ''] = line.split('…');
    return all.some((each) => (line.includes('…') ? each.startsWith(start) && each.endsWith(end) : each === line));
  };
  return lines.filter((line) => !isPrinted(line));
}
