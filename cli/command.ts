import { type Command, Option } from 'commander';
import type { Connection } from '../proto/services.ts';
import { type Target, withTargetOptions } from './target.ts';
import type { Terminal } from './terminal.ts';

/** What the action of a command works with. */
export interface CommandContext {
  readonly terminal: Terminal;
  /** Runs work on a connection to the aggregator that the options name. */
  readonly on: (options: Target, work: (connection: Connection) => Promise<void>) => Promise<void>;
}

export function output(...formats: readonly [string, ...string[]]): Option {
  return new Option('-o, --output <format>', 'form of the output').choices(formats).default(formats[0]);
}

/** A command that asks an aggregator. Options are inherited by every command that is made after they were added. */
export function command(parent: Command, name: string, description: string): Command {
  return withTargetOptions(parent.command(name).description(description));
}

export function examples(lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}
