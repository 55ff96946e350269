import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, WeirError } from '../core/errors.ts';
import type * as wire from '../proto/wire.ts';

/** Standard input, as kubectl spells it. */
const standardInput = '-';

function filesOf(path: string): string[] {
  if (path === standardInput || !statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ya?ml|json)$/i.test(name))
    .toSorted()
    .map((name) => join(path, name));
}

/** Reads files, folders and standard input. @throws WeirError MANIFEST_INVALID naming what cannot be read */
export function readManifests(paths: readonly string[]): wire.Manifest[] {
  return paths.flatMap((path) => {
    try {
      return filesOf(path).map((file) => ({
        source: file === standardInput ? 'standard input' : file,
        text: readFileSync(file === standardInput ? 0 : file, 'utf8'),
      }));
    } catch (error) {
      throw new WeirError('MANIFEST_INVALID', `${path}: ${messageOf(error)}`, { cause: error });
    }
  });
}
