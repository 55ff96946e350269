import type { Command } from 'commander';
import { commandOf, parseFlags, type Program } from './command.ts';
import { type Given, inForm, readGiven } from './given.ts';
import { environmentName, longName, type Option, type Options, type Values } from './option.ts';

/**
 * Reads what a program is told: by flags, else by the environment, else by the file of `--config`, else its defaults. What
 * the file gives is checked also where it does not count. Null when only help or the version was asked for.
 * @param write takes help and version
 * @throws WeirError USAGE, CONFIG_INVALID: says where it was given and what to give
 */
export async function readOptions<Table extends Options>(
  program: Program<Table>,
  argv: readonly string[],
  write: (text: string) => void,
): Promise<Values<Table> | null> {
  const command = commandOf(program).configureOutput({ writeOut: write, writeErr: () => undefined });
  if (!parseFlags(command, argv)) return null;
  const path = command.getOptionValue('config') as string | undefined;
  const inFile = path === undefined ? new Map<string, Given>() : await readFile(path, program);
  const values = Object.entries(program.options).map(([key, option]) => {
    const given = [inFile.get(key), givenTo(command, key, option)].filter((each) => each !== undefined);
    if (given.length === 0) return [key, initialValue(key, option)] as const;
    return [key, given.map((each) => readGiven(option, each)).at(-1)] as const;
  });
  return Object.fromEntries(values) as Values<Table>;
}

/** What reads YAML stays in memory: where there is no file it is not even loaded. */
async function readFile(path: string, program: Program<Options>): Promise<ReadonlyMap<string, Given>> {
  const { readFileOptions } = await import('./file.ts');
  return readFileOptions(path, program);
}

/** What flags or environment give. */
function givenTo(command: Command, key: string, option: Option<unknown>): Given | undefined {
  const { form } = option;
  const source = command.getOptionValueSource(key);
  const value = command.getOptionValue(key) as string | boolean | readonly string[];
  if (source === 'cli') {
    const typed = typeof value === 'object' ? value.flatMap((text) => inForm(form, text)) : value;
    return { value: typeof typed === 'string' ? inForm(form, typed) : typed, place: () => `--${longName(key)}` };
  }
  if (source !== 'env') return undefined;
  const name = environmentName(key, option);
  // commander takes a switch for given as soon as its variable is there, whatever it says.
  return { value: inForm(form, process.env[name] ?? ''), place: () => name };
}

function initialValue(key: string, option: Option<unknown>): unknown {
  const { initial } = option;
  return initial === null ? null : readGiven(option, { value: initial, place: () => `--${longName(key)}` });
}
