import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import type { Container as Spec, PodSpec } from 'kubernetes-types/core/v1.js';
import { imageOf } from './container-image.ts';
import { type Mount, mountLines, quote } from './mount.ts';

export interface ContainerPlace {
  /** Below /run/netns. */
  readonly netns: string;
  readonly hostname: string;
  /** An empty folder that becomes its root. */
  readonly root: string;
  readonly mounts: readonly Mount[];
  readonly env: Readonly<Record<string, string>>;
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
  readonly #netns: string;
  readonly #onOutput: (text: string) => void;
  /** What stands before a command that runs in it, once its root is there. */
  readonly #inside: readonly string[];
  /** Resolves when its root is there, or never will be. */
  readonly started: Promise<unknown>;

  constructor(pod: PodSpec, spec: Spec, place: ContainerPlace, onOutput: (text: string) => void) {
    this.#onOutput = onOutput;
    this.#netns = `--net=/run/netns/${place.netns}`;
    const image = imageOf(spec.image ?? '');
    const at = place.root;
    // Outer mounts first: those below them lie on top.
    const mounts = [...image.files, ...place.mounts.toSorted((a, b) => a.to.length - b.to.length)];
    const env = [...image.env, ...Object.entries(place.env).map(([name, value]) => `${name}=${value}`)];
    const given = ['env', '-i', '-C', image.folder, 'PATH=/usr/bin:/bin', ...env];
    // What drops privileges is the runtime's: the image's environment is for what comes after.
    this.#inside = ['chroot', at, ...privileges(pod, spec, image.user), '--', ...given];
    const command = [...this.#inside, ...(spec.command ?? image.entrypoint), ...(spec.args ?? [])];
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
      'exec 3>&-',
      `exec ${command.map(quote).join(' ')}`,
    ].join('\n');
    const own = ['unshare', '--uts', '--mount', '--propagation', 'slave', 'bash', '-ec', script];
    this.#child = spawn('nsenter', [this.#netns, ...own], { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => this.#onOutput(chunk.toString()));
    }
    this.started = once((this.#child.stdio[3] as Readable).resume(), 'end');
  }

  get pid(): number {
    return this.#child.pid ?? Number.NaN;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Starts a command beside its own, of the same user, with the same root. @throws Error when it does not run */
  async exec(command: readonly string[]): Promise<ChildProcessWithoutNullStreams> {
    await this.started;
    if (!this.running) throw new Error('the container does not run');
    const spaces = [this.#netns, `--target=${this.pid}`, '--uts', '--mount'];
    const child = spawn('nsenter', [...spaces, ...this.#inside, ...command]);
    await once(child, 'spawn');
    return child;
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
