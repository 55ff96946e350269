import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copiesOf, environmentOf, instructionsOf, stagesOf } from '../images/dockerfile.ts';
import { root } from './helm.ts';
import type { Mount } from './mount.ts';

export interface ContainerImage {
  readonly files: readonly Mount[];
  /** As `NAME=value`. */
  readonly env: readonly string[];
  /** In which it begins. */
  readonly folder: string;
  readonly user: number;
  readonly entrypoint: readonly string[];
}

const trees = new Map<string, string>();

/** What the image of a target holds of Weir, in a folder that goes with this process. */
function treeOf(target: string): string {
  const known = trees.get(target);
  if (known !== undefined) return known;
  const folder = mkdtempSync(join(tmpdir(), 'weir-test-'));
  process.once('exit', () => rmSync(folder, { recursive: true }));
  // Containers do not run as the user that makes it.
  chmodSync(folder, 0o755);
  const tree = join(folder, target);
  execFileSync(process.execPath, ['scripts/images/tree.js', target, tree], { cwd: root });
  trees.set(target, tree);
  return tree;
}

/**
 * What the Dockerfile makes an image of, but for what is this machine's in its place: the system and Node.js.
 * @param name as in a pod: `registry.example/weir/weir-agent:0.1.0` @throws Error for an image that is none of ours
 */
export function imageOf(name: string): ContainerImage {
  const [, target] = /(?:^|\/)weir-([a-z]+)[:@]/.exec(name) ?? [];
  if (target === undefined) throw new Error(`such an image is not known here: ${name}`);
  const instructions = instructionsOf(stagesOf('images/Dockerfile'), target);
  const last = (wanted: string) => instructions.findLast(({ word }) => word === wanted)?.text ?? '';
  const folder = last('WORKDIR');
  const files = copiesOf(instructions)
    .filter(({ sources }) => sources.includes(`/out/${target}`))
    .map(({ target: to }): Mount => ({ from: treeOf(target), to: join(folder, to), readOnly: true }));
  return {
    files,
    env: environmentOf(instructions),
    folder,
    user: Number(last('USER').split(':')[0]),
    entrypoint: JSON.parse(last('ENTRYPOINT')) as string[],
  };
}
