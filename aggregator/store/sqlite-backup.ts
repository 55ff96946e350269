import { type Content, copyDatabase, type CopyOptions } from './sqlite-copy.ts';
import { expectNone, fileOf, putInPlace } from './in-place.ts';

export interface BackupOptions extends Pick<CopyOptions, 'onProgress' | 'signal'> {
  /** As in `--database`. */
  readonly database: string;
  readonly to: string;
}

/**
 * Copies a database into a file that is not there yet, while an aggregator goes on using it. The file appears when it is
 * complete and checked. @throws WeirError STORE, STORE_COPY
 */
export async function backup({ database, to, ...rest }: BackupOptions): Promise<Content> {
  const from = fileOf(database);
  const already = 'name another file';
  expectNone(to, already);
  const partial = `${to}.partial`;
  const content = await copyDatabase({ from, to: partial, ...rest });
  expectNone(to, already);
  putInPlace(partial, to);
  return content;
}
