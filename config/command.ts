import { Command, CommanderError, Option as Flag } from 'commander';
import { messageOf, WeirError } from '../core/errors.ts';
import { version } from '../core/version.ts';
import { environmentName, longName, type Option, type Options } from './option.ts';

/** A process that is told what to do by options. */
export interface Program<Table extends Options> {
  readonly name: string;
  readonly description: string;
  readonly options: Table;
}

/** The command line of a program. What flags and environment give is kept as it was given, lists in parts. */
export function commandOf({ name, description, options }: Program<Options>): Command {
  const command = new Command(name)
    .description(description)
    .version(version)
    .addOption(new Flag('--config <file>', 'these options in YAML, by their long names').env('WEIR_CONFIG'));
  for (const [key, option] of Object.entries(options)) command.addOption(flagOf(key, option));
  return command.exitOverride();
}

function flagOf(key: string, option: Option<unknown>): Flag {
  const { form, takes, description, initial } = option;
  const flag = new Flag(`--${longName(key)} ${takes}`.trimEnd(), description);
  if (form !== 'action') flag.env(environmentName(key, option));
  if (initial !== null) flag.default(initial);
  if (form === 'list') {
    flag.argParser((text: string, before: readonly string[]) => [...(before === initial ? [] : before), text]);
  }
  return flag;
}

/** @returns false when only help or the version was asked for. @throws WeirError USAGE */
export function parseFlags(command: Command, argv: readonly string[]): boolean {
  try {
    command.parse([...argv], { from: 'user' });
    return true;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return false;
    throw new WeirError('USAGE', `${error.message.replace(/^error: /, '').replace('\n', ' ')}; see --help`);
  }
}

/** The long name that a misspelt one was meant to be, as commander suggests it for a flag; null when none is near. */
export function nearest(program: Program<Options>, name: string): string | null {
  const command = commandOf(program).configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
  try {
    command.parse([`--${name}`], { from: 'user' });
    return null;
  } catch (error) {
    return /\(Did you mean (?:one of )?--([a-z-]+)/.exec(messageOf(error))?.[1] ?? null;
  }
}
