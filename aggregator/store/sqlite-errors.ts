import { messageOf, WeirError } from '../../core/errors.ts';

const advice: Readonly<Record<string, string>> = {
  SQLITE_NOTADB: 'the file is not a database; name another file',
  SQLITE_CORRUPT: 'the file is damaged; move it away to begin anew, or restore it from a copy',
  SQLITE_BUSY: 'another process uses it; end that process, or name another file',
  SQLITE_LOCKED: 'another process uses it; end that process, or name another file',
  SQLITE_CANTOPEN: 'the file could not be opened or made; check its folder and permissions',
  SQLITE_READONLY: 'the file may not be written; check its permissions and those of its folder',
  SQLITE_FULL: 'the disk is full; make room or keep less (--keep)',
  SQLITE_IOERR: 'the disk reported an error; check the system log',
};

/** A STORE error that says what to do about an error of SQLite or of the file system. */
export function storeError(path: string, error: unknown): WeirError {
  if (error instanceof WeirError) return error;
  const { code = '' } = error as { readonly code?: string };
  const known = Object.keys(advice).find((name) => code === name || code.startsWith(`${name}_`));
  const what = known === undefined ? messageOf(error) : `${advice[known]} (${messageOf(error)})`;
  return new WeirError('STORE', `${path}: ${what}`, { cause: error, detail: { path, code } });
}
