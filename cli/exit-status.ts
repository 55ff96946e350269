import { CommanderError } from 'commander';
import { errorTable, WeirError } from '../core/errors.ts';

/** With what the process ends when a command failed. */
export function exitStatusOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : errorTable.USAGE.exit;
  return error instanceof WeirError ? error.exitStatus : 1;
}
