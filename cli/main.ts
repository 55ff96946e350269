#!/usr/bin/env node
import { CommanderError } from 'commander';
import { messageOf } from '../core/errors.ts';
import { exitStatusOf } from './exit-status.ts';
import { program } from './program.ts';
import { Terminal } from './terminal.ts';
import { printable } from './text.ts';

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
