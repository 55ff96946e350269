import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Container as Spec, PodSpec } from 'kubernetes-types/core/v1.js';
import { copiesOf, instructionsOf, stagesOf } from '../images/dockerfile.ts';
import { root } from './helm.ts';

export interface Mount {
  readonly from: string;
  readonly to: string;
  readonly readOnly: boolean;
}

export interface ContainerPlace {
  /** Below /run/netns. */
  readonly netns: string;
  readonly hostname: string;
  /** An empty folder that becomes its root. */
  readonly root: string;
  readonly mounts: readonly Mount[];
  readonly env: Readonly<Record<string, string>>;
}

const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

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

/** The image of a target of the Dockerfile, but for what is this machine's in its place: the system and Node.js. */
function imageOf(target: string) {
  const instructions = instructionsOf(stagesOf('images/Dockerfile'), target);
  const last = (wanted: string) => instructions.findLast(({ word }) => word === wanted)?.text ?? '';
  const folder = last('WORKDIR');
  const files = copiesOf(instructions)
    .filter(({ sources }) => sources.includes(`/out/${target}`))
    .map(({ target: to }): Mount => ({ from: treeOf(target), to: join(folder, to), readOnly: true }));
  const env = instructions.filter(({ word }) => word === 'ENV').map(({ text }) => text);
  return {
    files,
    env,
    folder,
    user: Number(last('USER').split(':')[0]),
    entrypoint: JSON.parse(last('ENTRYPOINT')) as string[],
  };
}

function mountLines(at: string, { from, to, readOnly }: Mount): string[] {
  const place = quote(join(at, to));
  const make =
    existsSync(from) && statSync(from).isDirectory()
      ? `mkdir -p ${place}`
      : `mkdir -p $(dirname ${place}); touch ${place}`;
  return [make, `mount --rbind ${quote(from)} ${place}`, ...(readOnly ? [`mount -o remount,bind,ro ${place}`] : [])];
}

/** As a container runtime drops privileges: capabilities, user and groups. */
function privileges(pod: PodSpec, { securityContext = {} }: Spec, imageUser: number): string[] {
  const { capabilities = {}, allowPrivilegeEscalation } = securityContext;
  const user = securityContext.runAsUser ?? pod.securityContext?.runAsUser ?? imageUser;
  if (pod.securityContext?.runAsNonRoot === true && user === 0) throw new Error('the container would run as root');
  if (!(capabilities.drop ?? []).includes('ALL')) throw new Error('the capabilities of a runtime are not known here');
  const set = ['-all', ...(capabilities.add ?? []).map((name) => `+${name.toLowerCase()}`)].join(',');
  const group = pod.securityContext?.runAsGroup ?? user;
  const more = pod.securityContext?.fsGroup;
  const groups = more === undefined ? ['--clear-groups'] : [`--groups=${more}`];
  const escalation = allowPrivilegeEscalation === false ? ['--no-new-privs'] : [];
  return [
    'setpriv',
    `--reuid=${user}`,
    `--regid=${group}`,
    ...groups,
    ...escalation,
    `--bounding-set=${set}`,
    '--inh-caps=-all',
  ];
}

/**
 * Runs a container of a pod as a container runtime does: its own root, of which only the volumes can be written, with the
 * capabilities, the user and the environment of its specification. Its programs are of this machine.
 */
export class Container {
  readonly #child: ChildProcess;
  readonly #onOutput: (text: string) => void;

  constructor(pod: PodSpec, spec: Spec, place: ContainerPlace, onOutput: (text: string) => void) {
    this.#onOutput = onOutput;
    const image = imageOf(spec.name);
    const at = place.root;
    // Outer mounts first: those below them lie on top.
    const mounts = [...image.files, ...place.mounts.toSorted((a, b) => a.to.length - b.to.length)];
    const env = [...image.env, ...Object.entries(place.env).map(([name, value]) => `${name}=${value}`)];
    const script = [
      `hostname ${quote(place.hostname)}`,
      `mount -t tmpfs -o mode=755 root ${quote(at)}`,
      `cd ${quote(at)}`,
      // As in Debian, whose images these are: /var/run is /run.
      'mkdir -p usr proc sys dev etc tmp run var; ln -s ../run var/run',
      'for name in bin sbin lib lib64; do cp -d /$name .; done',
      'mount --rbind /usr usr; mount -o remount,bind,ro usr',
      'mount --rbind /dev dev',
      'mount --rbind /proc proc',
      'mount --bind /proc/sys proc/sys; mount -o remount,bind,ro proc/sys',
      'mount -t sysfs -o ro sysfs sys',
      'echo "hosts: files" > etc/nsswitch.conf',
      ...mounts.flatMap((mount) => mountLines(at, mount)),
      ...(spec.securityContext?.readOnlyRootFilesystem === true ? [`mount -o remount,ro ${quote(at)}`] : []),
      `exec chroot . env -i -C ${quote(image.folder)} ${['PATH=/usr/bin:/bin', ...env].map(quote).join(' ')} ${[
        ...privileges(pod, spec, image.user),
        '--',
        ...(spec.command ?? image.entrypoint),
        ...(spec.args ?? []),
      ]
        .map(quote)
        .join(' ')}`,
    ].join('\n');
    const own = ['unshare', '--uts', '--mount', '--propagation', 'slave', 'bash', '-ec', script];
    this.#child = spawn('nsenter', [`--net=/run/netns/${place.netns}`, ...own], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => this.#onOutput(chunk.toString()));
    }
  }

  get pid(): number {
    return this.#child.pid ?? Number.NaN;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resolves with its exit status; null when a signal ended it. */
  async ended(): Promise<number | null> {
    if (!this.running) return this.#child.exitCode;
    return await new Promise((resolve) => this.#child.once('close', resolve));
  }

  /** Ends it as with `kill -9`. */
  kill(): void {
    if (this.running) this.#child.kill('SIGKILL');
  }

  /** Asks it to end, and ends it when it has not after a time. @returns whether it ended by itself */
  async stop(graceMs: number): Promise<boolean> {
    if (this.running) this.#child.kill('SIGTERM');
    let isKilled = false;
    const limit = setTimeout(() => {
      isKilled = true;
      this.kill();
    }, graceMs);
    await this.ended();
    clearTimeout(limit);
    return !isKilled;
  }
}
