import Database from 'better-sqlite3';
import { existsSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { WeirError } from '../../core/errors.ts';
import { storeError } from './sqlite-errors.ts';
import { versionOf } from './sqlite-schema.ts';

/** What a database holds, by which it can be compared with a copy of it. */
export interface Content {
  readonly version: number;
  readonly bytes: number;
  /** How many rows each table has. */
  readonly rows: Readonly<Record<string, number>>;
}

export interface CopyOptions {
  readonly from: string;
  /** What is there is overwritten. */
  readonly to: string;
  /** Told again and again how much is copied, from 0 to 1. */
  readonly onProgress: (part: number) => void;
  readonly signal: AbortSignal;
}

/** 8 MiB: often enough to be ended and to tell how far it is. */
const pagesPerStep = 2_048;
const patienceMs = 2_000;

/** @throws WeirError STORE, STORE_COPY when there is nothing in it */
function contentOf(database: Database.Database, path: string): Content {
  const version = versionOf(database, path, 'use the version of Weir that wrote it, or a later one');
  if (version === 0) throw new WeirError('STORE_COPY', `${path}: there is nothing in it; name another file`);
  const tables = database
    .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    .pluck();
  const count = (table: string) => database.prepare<[], number>(`SELECT count(*) FROM "${table}"`).pluck().get() ?? 0;
  const pages = Number(database.pragma('page_count', { simple: true }));
  return {
    version,
    bytes: pages * Number(database.pragma('page_size', { simple: true })),
    rows: Object.fromEntries(tables.all().map((table) => [table, count(table)])),
  };
}

/** Makes one file of a copy that is complete in itself, and looks whether all of it is there. */
function settle(path: string, expected: Content): void {
  const copy = new Database(path, { fileMustExist: true });
  try {
    copy.pragma('journal_mode = DELETE');
    const faults = copy.pragma('integrity_check(1)', { simple: true });
    if (faults !== 'ok') throw new WeirError('STORE_COPY', `${path}: it is damaged (${String(faults)}); try again`);
    const found = contentOf(copy, path);
    const differing = Object.keys(expected.rows).filter((table) => found.rows[table] !== expected.rows[table]);
    if (differing.length === 0 && found.version === expected.version) return;
    throw new WeirError('STORE_COPY', `${path}: it differs in ${differing.join(', ')}; try again`);
  } finally {
    copy.close();
  }
}

/** Removes a database with what SQLite keeps beside it. */
export function removeDatabase(path: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(`${path}${suffix}`, { force: true });
}

/**
 * Copies a database as it is at this moment into one file, and checks the copy, while its owner goes on writing. It
 * holds up nobody; as long as it takes, the owner's write-ahead log grows. Resolves when the copy is on disk.
 * @throws WeirError STORE, STORE_COPY; then there is no copy
 */
export async function copyDatabase({ from, to, onProgress, signal }: CopyOptions): Promise<Content> {
  for (const [path, what] of [
    [from, 'file'],
    [dirname(to), 'folder'],
  ] as const) {
    if (!existsSync(path)) throw new WeirError('STORE_COPY', `${path}: there is no such ${what}; name another`);
  }
  removeDatabase(to);
  let source: Database.Database | undefined;
  try {
    source = new Database(from, { fileMustExist: true, timeout: patienceMs });
    source.pragma('query_only = ON');
    // All of it is read as it was at one moment: what is committed meanwhile does not make the copy begin anew.
    source.exec('BEGIN');
    const content = contentOf(source, from);
    const progress = ({ totalPages, remainingPages }: Database.BackupMetadata) => {
      signal.throwIfAborted();
      onProgress(1 - remainingPages / totalPages);
      return pagesPerStep;
    };
    await source.backup(to, { progress });
    onProgress(1);
    settle(to, content);
    return content;
  } catch (error) {
    removeDatabase(to);
    throw copyError(from, to, error, signal);
  } finally {
    source?.close();
  }
}

function copyError(from: string, to: string, error: unknown, signal: AbortSignal): WeirError {
  if (signal.aborted) return new WeirError('STORE_COPY', `${from}: it was ended before the copy was complete`);
  const { code = '' } = error as { readonly code?: string };
  if (code === 'SQLITE_FULL') {
    const what = `${to}: there is no room for it; make room, or name a folder on another disk`;
    return new WeirError('STORE_COPY', what, { cause: error });
  }
  return storeError(/^SQLITE_(NOTADB|CORRUPT|BUSY|LOCKED)/.test(code) ? from : to, error);
}

/**
 * Brings what the write-ahead log holds into the database, so that it is one file; a database that cannot be read stays
 * as it is. @throws WeirError STORE when another process uses it
 */
export function checkpoint(path: string): void {
  let database: Database.Database | undefined;
  try {
    database = new Database(path, { fileMustExist: true, timeout: patienceMs });
    database.pragma('wal_checkpoint(TRUNCATE)');
  } catch (error) {
    if (/^SQLITE_(BUSY|LOCKED)/.test((error as { readonly code?: string }).code ?? '')) throw storeError(path, error);
  } finally {
    database?.close();
  }
}
