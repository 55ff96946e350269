import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { version } from '../../core/version.ts';
import { blocksOf, commandsIn } from '../docs/blocks.ts';
import { root } from './dockerfile.ts';

const storage = join(root, '.tools', 'images', 'checkout');

/** Why no images can be built here; false when they can. In the form of tap's `skip` option. */
export function whyNoImages(): string | false {
  const missing = ['buildah', 'runc', 'containerd'].find((each) => spawnSync(each, ['--version']).status !== 0);
  if (missing !== undefined) return `${missing} is not installed`;
  const made = ['image-base', 'image-addon'].every((name) => existsSync(join(root, '.tools', name)));
  if (!made) return 'npm run setup has not made what images begin from';
  return spawnSync('unshare', ['--mount', 'true']).status === 0 ? false : 'mount namespaces may not be made here';
}

/** The commands of the page that says how images are made, and sent to a registry. */
export const imageCommands: readonly string[] = blocksOf('docs/INSTALL.md')
  .filter(({ kind }) => kind === 'sh images')
  .flatMap(commandsIn);

/** Builds images as the page says for a machine without a registry, of what this checkout has built. @returns what it lists */
export function buildImages(...flags: readonly string[]): string {
  const command = imageCommands.find((each) => each.includes('--own-base'));
  // To compile for them takes three minutes.
  const line = [command, '--built', ...flags].join(' ');
  // Tests of two commits use the same layers.
  const env = { ...process.env, SOURCE_DATE_EPOCH: '0', npm_config_loglevel: 'silent' };
  return execFileSync('bash', ['-euc', line], { cwd: root, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Begins a shell in a mount namespace of its own, in which `b` is buildah and what it mounts is seen by nobody else. */
export const shell = ['unshare', '--mount', '--propagation', 'slave', 'bash', '-euc'] as const;

/** What every script for the shell begins with. @param runFolder for locks; goes with the test */
export function preamble(runFolder: string): string {
  return `b() { TMPDIR=${runFolder} buildah --root ${storage} --runroot ${runFolder} "$@"; };`;
}

export interface ImageConfig {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly WorkingDir: string;
  readonly Labels: Readonly<Record<string, string>>;
}

export function imageName(part: string): string {
  return `localhost/weir-${part}:${version}`;
}

/** What a runtime is told of an image. */
export function configOf(part: string, runFolder: string): ImageConfig {
  const [command, ...args] = shell;
  const script = `${preamble(runFolder)} b inspect --type image ${imageName(part)}`;
  const text = execFileSync(command, [...args, script], { encoding: 'utf8', maxBuffer: 64 << 20 });
  return (JSON.parse(text) as { OCIv1: { config: ImageConfig } }).OCIv1.config;
}
