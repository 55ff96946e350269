#!/usr/bin/env node
import { CommanderError } from 'commander';
import { errorTable, messageOf, WeirError } from '../core/errors.ts';
import { program } from './program.ts';
import { Terminal } from './terminal.ts';
import { printable } from './text.ts';

function exitStatusOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : errorTable.USAGE.exit;
  return error instanceof WeirError ? error.exitStatus : 1;
}

try {
  const terminal = new Terminal(process.stdout, process.stderr);
  await program(terminal, (exitStatus) => {
    process.exitCode = exitStatus;
  }).parseAsync();
} catch (error) {
  process.exitCode = exitStatusOf(error);
  // commander has printed its own message already.
  if (!(error instanceof CommanderError)) process.stderr.write(`weir: ${printable(messageOf(error))}\n`);
}
