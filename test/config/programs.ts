import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { agentOptions } from '../../agent/config-options.ts';
import { aggregatorOptions } from '../../aggregator/config-options.ts';
import type { Options } from '../../config/option.ts';
import { readOptions } from '../../config/read.ts';

/** Every option of both programs, by the name of the program. */
export const programs: Readonly<Record<string, Options>> = {
  'weir-agent': agentOptions,
  'weir-aggregator': aggregatorOptions,
};

export type Read = (argv: readonly string[]) => Promise<Readonly<Record<string, unknown>>>;

/** Reads what a program is told. */
export function reader(name: string, options: Options): Read {
  return async (argv) => (await readOptions({ name, description: '', options }, argv, () => undefined)) ?? {};
}

/** Writes a configuration file that is removed when the test ends. @returns its name */
export function written(t: Test, content: string | Uint8Array): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-config-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'weir.yaml');
  writeFileSync(path, content);
  return path;
}

/** Sets a variable of this process's environment until the test ends. */
export function setVariable(t: Test, name: string, value: string): void {
  process.env[name] = value;
  t.teardown(() => {
    delete process.env[name];
  });
}
