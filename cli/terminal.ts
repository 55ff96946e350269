import { once } from 'node:events';
import { isatty } from 'node:tty';
import { Help } from 'commander';
import { createColors } from 'picocolors';
import { stringify } from 'yaml';
import type { Verdict } from '../core/verdict.ts';
import type { Cell } from './table.ts';
import { printable } from './text.ts';

/** Where a command prints: results to `out`, remarks about them to `err`. */
export class Terminal {
  readonly #out: NodeJS.WriteStream;
  readonly #err: NodeJS.WriteStream;
  readonly #toPerson: boolean;
  readonly colors: ReturnType<typeof createColors>;

  constructor(out: NodeJS.WriteStream & { readonly fd: number }, err: NodeJS.WriteStream) {
    this.#out = out;
    this.#err = err;
    this.#toPerson = isatty(out.fd);
    // https://no-color.org: set and not empty.
    this.colors = createColors(this.#toPerson && !process.env['NO_COLOR']);
    // Whoever reads us has seen enough: `weir flows | head`.
    for (const stream of [out, err]) {
      stream.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'EPIPE') process.exit(0);
        throw error;
      });
    }
  }

  /** Breaks a line for a person at blanks, where the terminal would break it anywhere. @param indent of what follows */
  wrap(line: string, indent: number): string {
    const columns = this.#toPerson ? this.#out.columns : 0;
    if (!(columns > indent)) return line;
    return new Help().boxWrap(line, columns - indent).replaceAll('\n', `\n${' '.repeat(indent)}`);
  }

  print(text: string): void {
    this.#out.write(text);
  }

  /** Waits until what was printed is on its way: of much that is printed no more is held than a piece. */
  async drained(): Promise<void> {
    if (this.#out.writableNeedDrain) await once(this.#out, 'drain');
  }

  remark(text: string): void {
    this.#err.write(`${text}\n`);
  }

  /** Prints text for programs: exactly as it is, but on a terminal with what could steer it made visible. */
  data(text: string): void {
    this.print(this.#toPerson ? text.split('\n').map(printable).join('\n') : text);
  }

  json(value: unknown): void {
    this.data(`${JSON.stringify(value, null, 2)}\n`);
  }

  yaml(value: unknown): void {
    this.data(stringify(value, { aliasDuplicateObjects: false }));
  }

  /** A verdict in its colour. */
  verdict(verdict: Verdict, text: string): Cell {
    const paint =
      verdict === 'forwarded' ? this.colors.green : verdict === 'dropped' ? this.colors.red : this.colors.yellow;
    return { styled: paint(text) };
  }
}

export const dataFormats = ['json', 'yaml'] as const;

/**
 * Prints data for programs. @param rows what `jsonl` prints, one on each line, where the data are rows
 * @returns false when a person is to read it
 */
export function printData(terminal: Terminal, format: string, value: unknown, rows: readonly unknown[] = []): boolean {
  if (format === 'json') terminal.json(value);
  else if (format === 'jsonl') terminal.data(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  else if (format === 'yaml') terminal.yaml(value);
  else return false;
  return true;
}
