import { isatty } from 'node:tty';
import { createColors } from 'picocolors';
import { stringify } from 'yaml';
import type { Verdict } from '../core/verdict.ts';
import type { Cell } from './table.ts';

/** Where a command prints: results to `out`, remarks about them to `err`. */
export class Terminal {
  readonly #out: NodeJS.WriteStream;
  readonly #err: NodeJS.WriteStream;
  readonly colors: ReturnType<typeof createColors>;

  constructor(out: NodeJS.WriteStream & { readonly fd: number }, err: NodeJS.WriteStream) {
    this.#out = out;
    this.#err = err;
    this.colors = createColors(isatty(out.fd) && process.env['NO_COLOR'] === undefined);
    // Whoever reads us has seen enough: `weir flows | head`.
    for (const stream of [out, err]) {
      stream.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'EPIPE') process.exit(0);
        throw error;
      });
    }
  }

  print(text: string): void {
    this.#out.write(text);
  }

  remark(text: string): void {
    this.#err.write(`${text}\n`);
  }

  json(value: unknown): void {
    this.print(`${JSON.stringify(value, null, 2)}\n`);
  }

  yaml(value: unknown): void {
    this.print(stringify(value, { aliasDuplicateObjects: false }));
  }

  /** A verdict in its colour. */
  verdict(verdict: Verdict, text: string): Cell {
    const paint =
      verdict === 'forwarded' ? this.colors.green : verdict === 'dropped' ? this.colors.red : this.colors.yellow;
    return { styled: paint(text) };
  }
}

export const dataFormats = ['json', 'yaml'] as const;

/** Prints data for programs. @returns false when a person is to read it */
export function printData(terminal: Terminal, format: string, value: unknown): boolean {
  if (format === 'json') terminal.json(value);
  else if (format === 'yaml') terminal.yaml(value);
  else return false;
  return true;
}
