import { createReadStream, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, WeirError } from '../core/errors.ts';
import { maxRequestBytes } from '../proto/services.ts';
import type * as wire from '../proto/wire.ts';

/** Standard input, as kubectl spells it. */
const standardInput = '-';

/** What one request carries, less some room for everything that is not text. */
const maxTextBytes = maxRequestBytes - 1024 * 1024;

/** The file itself, or the manifests in a folder and the folders below, sorted; pipes and devices there are left out. */
function filesOf(path: string): string[] {
  if (path === standardInput || !statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ya?ml|json)$/i.test(name))
    .toSorted()
    .map((name) => join(path, name))
    .filter((file) => statSync(file).isFile());
}

/** Reads a file, pipe or standard input to its end, which need not be before the limit. */
async function readText(file: string, limitBytes: number, tooMuch: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of file === standardInput ? process.stdin : createReadStream(file)) {
    bytes += (chunk as Buffer).length;
    if (bytes > limitBytes) throw new Error(tooMuch);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * Reads files, folders and standard input.
 * @param mostBytes of all together; what one request carries unless told otherwise
 * @throws WeirError MANIFEST_INVALID naming what cannot be read
 */
export async function readManifests(paths: readonly string[], mostBytes = maxTextBytes): Promise<wire.Manifest[]> {
  const manifests: wire.Manifest[] = [];
  const tooMuch = `more than ${mostBytes / 1024 / 1024} MiB in all; name only the files that hold policies`;
  let left = mostBytes;
  for (const path of paths) {
    try {
      for (const file of filesOf(path)) {
        const text = await readText(file, left, tooMuch);
        left -= Buffer.byteLength(text);
        manifests.push({ source: file === standardInput ? 'standard input' : file, text });
      }
    } catch (error) {
      throw new WeirError('MANIFEST_INVALID', `${path}: ${messageOf(error)}`, { cause: error });
    }
  }
  return manifests;
}
