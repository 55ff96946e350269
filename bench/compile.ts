import { execFileSync, spawnSync } from 'node:child_process';
import { renameSync } from 'node:fs';
import { join } from 'node:path';

const sources = join(import.meta.dirname, '..', '..', 'bench');

/** Compiles into the folder of the compiled benches, whatever is there already. @returns the path of what was made */
function compile(name: string, argv: readonly [string, ...string[]]): string {
  const made = join(import.meta.dirname, name);
  const fresh = `${made}.${process.pid}`;
  const [compiler, ...flags] = argv;
  execFileSync(compiler, [...flags, '-o', fresh], { stdio: ['ignore', 'inherit', 'inherit'] });
  // Another bench may be running the one that is there.
  renameSync(fresh, made);
  return made;
}

function compileC(name: string, source: string, libraries: readonly string[]): string {
  return compile(name, ['cc', '-O2', '-Wall', '-Wextra', '-Werror', join(sources, source), ...libraries]);
}

/** The load generator, bench/load/load.c. */
export function compileLoad(): string {
  return compileC('load', 'load/load.c', []);
}

/** What holds the empty programs attached, bench/floor/hold.c. */
export function compileHold(): string {
  return compileC('hold', 'floor/hold.c', ['-lbpf']);
}

/** Debian names it after its version when several are installed. */
function clang(): string {
  const names = ['clang', 'clang-19', 'clang-16', 'clang-15', 'clang-14'];
  const found = names.find((name) => spawnSync(name, ['--version']).status === 0);
  if (found === undefined) throw new Error('no clang was found: run npm run setup');
  return found;
}

/** The empty programs, bench/floor/empty.bpf.c, compiled as Weir's are. */
export function compileEmptyPrograms(): string {
  // <linux/types.h> needs <asm/types.h>, which Debian keeps under the machine's own triplet.
  const multiarch = execFileSync('cc', ['-print-multiarch'], { encoding: 'utf8' }).trim();
  const target = ['-target', 'bpf', '-mcpu=v3', '-O2', '-g', `-I/usr/include/${multiarch}`];
  const warnings = ['-Wall', '-Wextra', '-Werror', '-Wno-unused-parameter'];
  return compile('empty.bpf.o', [clang(), ...target, ...warnings, '-c', join(sources, 'floor', 'empty.bpf.c')]);
}
