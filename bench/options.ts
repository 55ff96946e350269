import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { WeirError } from '../core/errors.ts';

export interface BenchOptions {
  /** Null when none was named. */
  readonly name: string | null;
  /** The last line of standard output is the result as JSON. */
  readonly json: boolean;
  /** Null for the bench's own. */
  readonly rounds: number | null;
  readonly seconds: number | null;
}

function wholeNumber(most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= 1 && value <= most) return value;
    throw new InvalidArgumentError(`Give a whole number from 1 to ${most}.`);
  };
}

/** @returns null when only help was asked for. @throws WeirError USAGE */
export function readOptions(argv: readonly string[], write: (text: string) => void): BenchOptions | null {
  const command = new Command('npm run -s bench --')
    .description('Measures what Weir costs and what it sees, in network namespaces of its own. Needs root.')
    .argument('[name]', 'which bench; without a name, all are listed')
    .option('--json', 'end with one line of JSON on standard output', false)
    .option('--rounds <n>', 'how often everything is measured', wholeNumber(1000))
    .option('--seconds <n>', 'length of one measurement', wholeNumber(600))
    .configureOutput({ writeOut: write, writeErr: () => undefined })
    .exitOverride();
  try {
    command.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return null;
    throw new WeirError('USAGE', `${error.message.replace(/^error: /, '')}; see --help`);
  }
  const { json, rounds, seconds } = command.opts<{ json: boolean; rounds?: number; seconds?: number }>();
  return { name: command.args[0] ?? null, json, rounds: rounds ?? null, seconds: seconds ?? null };
}
