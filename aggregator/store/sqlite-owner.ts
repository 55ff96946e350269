import Database from 'better-sqlite3';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { storeError } from './sqlite-errors.ts';

/** Whoever holds a database file: the only one that may write it. */
export interface Owner {
  release(): void;
}

/** How long one that is about to end is waited for. */
const patienceMs = 2_000;

/**
 * Takes a database file for this process until it is released or the process ends, however it ends. What is locked is a
 * file of its own beside it, so that others can still read the database. Makes the folder when it is missing.
 * @throws WeirError STORE when another process has it
 */
export function takeFile(path: string): Owner {
  let lock: Database.Database | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true });
    lock = new Database(`${path}-owner`, { timeout: patienceMs });
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock?.close();
    throw storeError(path, error);
  }
  const held = lock;
  return { release: () => held.close() };
}
