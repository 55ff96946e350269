import { existsSync, linkSync, renameSync } from 'node:fs';
import { type Content, checkpoint, copyDatabase, type CopyOptions } from './sqlite-copy.ts';
import { takeFile } from './sqlite-owner.ts';
import { expectNone, fileOf, putInPlace } from './in-place.ts';

export interface RestoreOptions extends Pick<CopyOptions, 'onProgress' | 'signal'> {
  readonly copy: string;
  /** As in `--database`. */
  readonly database: string;
  /** Whether a database that is there already may be put aside. */
  readonly replace: boolean;
}

/** Where the database goes in whose place a copy is put. */
export function asideOf(database: string): string {
  return `${database}.replaced`;
}

/**
 * Puts a copy in the place of a database that no aggregator uses. The copy is checked before anything is touched; what
 * is there already is put aside. @throws WeirError STORE when an aggregator uses it, STORE_COPY
 */
export async function restore({ copy, database, replace, ...rest }: RestoreOptions): Promise<Content> {
  const path = fileOf(database);
  const owner = takeFile(path);
  try {
    const aside = asideOf(path);
    if (!replace) expectNone(path, `with --replace it is put aside, as ${aside}`);
    expectNone(aside, 'it is from an earlier --replace; remove it, or move it away');
    const partial = `${path}.partial`;
    const content = await copyDatabase({ from: copy, to: partial, ...rest });
    putAside(path, aside);
    putInPlace(partial, path);
    return content;
  } finally {
    owner.release();
  }
}

/** Keeps a database under another name too, and takes away what is beside it. */
function putAside(path: string, aside: string): void {
  const isThere = existsSync(path);
  if (isThere) checkpoint(path);
  // A write-ahead log that is left beside another database would be taken for that one's.
  for (const suffix of ['-wal', '-shm']) {
    if (existsSync(`${path}${suffix}`)) renameSync(`${path}${suffix}`, `${aside}${suffix}`);
  }
  if (!isThere) return;
  try {
    linkSync(path, aside);
  } catch {
    // A file system without links: if this process is killed now, there is none of the name until it is run again.
    renameSync(path, aside);
  }
}
