import { execFileSync } from 'node:child_process';
import { imageName, preamble, shell } from './storage.ts';

/** Paths of all files of an image, with their rights as `ls -l` shows them. */
export function filesOf(part: string, runFolder: string): Map<string, string> {
  const [command, ...args] = shell;
  const script = `${preamble(runFolder)} c=$(b from --pull-never ${imageName(part)}); trap 'b rm $c >&2' EXIT
    m=$(b mount $c); find $m -xdev -printf '/%P\\t%M %U\\n'`;
  const text = execFileSync(command, [...args, script], { encoding: 'utf8', maxBuffer: 64 << 20 });
  return new Map(
    text
      .trim()
      .split('\n')
      .map((line) => line.split('\t') as [string, string]),
  );
}

/** Names of the npm packages below the part's folder. */
export function packagesIn(files: ReadonlyMap<string, string>): Set<string> {
  const places = [...files.keys()].filter((path) => /\/node_modules\/(@[^/]+\/)?[^/@]+\/package\.json$/.test(path));
  return new Set(places.map((path) => path.slice(path.lastIndexOf('/node_modules/') + 14, -'/package.json'.length)));
}
