import { closeSync, existsSync, fsyncSync, openSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { WeirError } from '../../core/errors.ts';
import { isDatabaseUrl } from '../config-values.ts';

/** @throws WeirError STORE_COPY when the database is none that is a file */
export function fileOf(database: string): string {
  if (!isDatabaseUrl(database)) return database;
  throw new WeirError('STORE_COPY', 'it is a PostgreSQL database; copy it with pg_dump, and back with pg_restore');
}

/** @throws WeirError STORE_COPY when there is a file of that name */
export function expectNone(path: string, advice: string): void {
  if (existsSync(path)) throw new WeirError('STORE_COPY', `${path} is there already; ${advice}`);
}

/** Gives a file its name at once, so that there is never a half of it, and has that outlive a power cut. */
export function putInPlace(from: string, to: string): void {
  renameSync(from, to);
  const folder = openSync(dirname(to), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
