import { type Command, Option } from 'commander';
import type { Connection } from '../proto/services.ts';
import type { Terminal } from './terminal.ts';

const defaultAggregator = '127.0.0.1:7280';

/** What the action of a command works with. */
export interface CommandContext {
  readonly terminal: Terminal;
  /** Runs work on a connection to the aggregator that the options name. */
  readonly on: (
    options: { readonly aggregator: string },
    work: (connection: Connection) => Promise<void>,
  ) => Promise<void>;
}

export function output(...formats: readonly [string, ...string[]]): Option {
  return new Option('-o, --output <format>', 'form of the output').choices(formats).default(formats[0]);
}

/** A command that asks an aggregator. Options are inherited by every command that is made after they were added. */
export function command(parent: Command, name: string, description: string): Command {
  return parent
    .command(name)
    .description(description)
    .addOption(
      new Option('--aggregator <address>', 'host:port or unix:/path of the aggregator')
        .env('WEIR_AGGREGATOR')
        .default(defaultAggregator),
    );
}

export function examples(lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}
