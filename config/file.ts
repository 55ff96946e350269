import { closeSync, openSync, readSync } from 'node:fs';
import { messageOf, WeirError } from '../core/errors.ts';
import { type ManifestDocument, readDocuments } from '../core/manifest-document.ts';
import { nearest, type Program } from './command.ts';
import { type Given, wrong } from './given.ts';
import { longName, type Options } from './option.ts';

/** Much more than all options take. */
const maxBytes = 1 << 20;

function invalid(what: string, cause?: unknown): WeirError {
  return new WeirError('CONFIG_INVALID', what, { cause });
}

/** Never more than what is allowed, also of a device or a pipe that has no end. */
function readText(path: string): string {
  const buffer = Buffer.alloc(maxBytes + 1);
  let length = 0;
  try {
    const descriptor = openSync(path, 'r');
    try {
      for (let read = -1; read !== 0; length += read) {
        read = readSync(descriptor, buffer, length, buffer.length - length, null);
      }
    } finally {
      closeSync(descriptor);
    }
    if (length <= maxBytes) return new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, length));
  } catch (error) {
    throw invalid(`--config ${path}: ${messageOf(error)}; name a text file that this process may read`, error);
  }
  throw invalid(`--config ${path}: more than ${maxBytes} bytes; name a file of options`);
}

/** The one mapping of a file; null for a file that says nothing. */
function readMapping(path: string): Extract<ManifestDocument, { lineOf: unknown }> | null {
  const [document, further] = readDocuments(readText(path), 'a mapping of options to values');
  if (document === undefined) return null;
  if ('message' in document) throw invalid(`${path}:${document.line}: ${document.message}`);
  if (further === undefined) return document;
  const line = 'message' in further ? further.line : further.lineOf([]);
  throw invalid(`${path}:${line}: a second document; give all options in one`);
}

/**
 * Reads the options that a YAML file gives, by key. @throws WeirError CONFIG_INVALID: names the file and, where it is one,
 * the line and what is wrong there
 */
export function readFileOptions(path: string, program: Program<Options>): ReadonlyMap<string, Given> {
  const document = readMapping(path);
  const keys = new Map(Object.keys(program.options).map((key) => [longName(key), key]));
  const given = new Map<string, Given>();
  for (const [name, value] of Object.entries(document?.fields ?? {})) {
    const place = (index: readonly (string | number)[] = []) =>
      `${path}:${document?.lineOf([name, ...index])}: ${JSON.stringify(name.slice(0, maxShown))}`;
    const key = keys.get(name);
    const option = key === undefined ? undefined : program.options[key];
    if (key === undefined || option === undefined) throw wrong(place(), unknownKey(name, program));
    if (option.form === 'action') throw wrong(place(), 'give it as a flag: it is no option of a file');
    const unfit = option.unfitForFile(value);
    if (unfit !== null) throw wrong(place(), unfit);
    given.set(key, { value, place });
  }
  return given;
}

/** How much of a misspelt name is repeated. */
const maxShown = 64;

function unknownKey(name: string, program: Program<Options>): string {
  if (name === 'config') return 'a file cannot name another; give it as a flag or in the environment';
  const near = nearest(program, name);
  const what = near === null ? 'the options are what --help lists, without their dashes' : `did you mean ${near}?`;
  return `there is no such option; ${what}`;
}
