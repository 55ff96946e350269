import { readFileSync, writeFileSync } from 'node:fs';
import type { Test } from 'tap';

/** Fails when a file is not what it would be made as now; with WEIR_UPDATE=1 in the environment it is made anew. */
export function isFresh(t: Test, file: string, made: string, what: string): void {
  if (process.env['WEIR_UPDATE'] === '1') writeFileSync(file, made);
  t.equal(readFileSync(file, 'utf8'), made, `${what}; WEIR_UPDATE=1 makes it anew`);
}
