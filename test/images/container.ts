import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { runtimeDefault } from './runtime-default.ts';
import { configOf, imageName, preamble, shell } from './storage.ts';

export interface ContainerOptions {
  readonly args: readonly string[];
  /** Without the prefix CAP_. */
  readonly capabilities?: readonly string[];
  /** That of the runtime without. */
  readonly seccomp?: object;
  /** File of a network namespace; the machine's own without. */
  readonly netns?: string;
  /** Paths of the machine that are at the same place in the container, writable. */
  readonly volumes?: readonly string[];
}

const seen = ['ro', 'rbind', 'rslave'];
const written = ['rw', 'rbind', 'rslave'];

/** How runc is told to run it: as the DaemonSet and the Deployment of the chart do, on a root that is read-only. */
function runtimeConfig(part: string, folder: string, options: ContainerOptions): object {
  const { User, Env, Entrypoint, WorkingDir } = configOf(part, folder);
  const [uid = 0, gid = uid] = User.split(':').map(Number);
  const held = (options.capabilities ?? []).map((name) => `CAP_${name}`);
  const bind = (path: string, flags: readonly string[]) => ({
    destination: path,
    source: path,
    type: 'bind',
    options: flags,
  });
  return {
    ociVersion: '1.0.2',
    process: {
      user: { uid, gid },
      args: [...Entrypoint, ...options.args],
      env: Env,
      cwd: WorkingDir,
      capabilities: { bounding: held, effective: held, permitted: held },
      noNewPrivileges: true,
    },
    root: { path: 'rootfs', readonly: true },
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755', 'size=65536k'] },
      bind('/sys', seen),
      ...(options.volumes ?? []).map((path) => bind(path, written)),
    ],
    linux: {
      seccomp: options.seccomp ?? runtimeDefault(options.capabilities ?? []),
      cgroupsPath: `/${basename(folder)}`,
      namespaces: [
        { type: 'mount' },
        ...(options.netns === undefined ? [] : [{ type: 'network', path: options.netns }]),
      ],
    },
  };
}

/** What an image holds, run by the runtime that Kubernetes uses. */
export class Container {
  readonly #folder = mkdtempSync(join(tmpdir(), 'weir-container-'));
  readonly #child: ChildProcess;
  stdout = '';
  stderr = '';

  constructor(part: string, options: ContainerOptions) {
    const folder = this.#folder;
    mkdirSync(join(folder, 'rootfs'));
    writeFileSync(join(folder, 'config.json'), JSON.stringify(runtimeConfig(part, folder, options)));
    const script = `${preamble(folder)}
      container=$(b from --pull-never ${imageName(part)})
      trap 'umount ${folder}/rootfs; b rm "$container" >&2' EXIT
      mount --bind "$(b mount "$container")" ${folder}/rootfs
      runc --root ${folder}/runc run --bundle ${folder} ${basename(folder)}`;
    const [command, ...args] = shell;
    this.#child = spawn(command, [...args, script], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      this.stdout += chunk.toString();
    });
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString();
    });
  }

  /** Resolves with the first line of its log that contains the text. @throws Error with its last words if it ends first */
  async says(text: string): Promise<string> {
    for (;;) {
      const line = this.stderr.split('\n').find((each) => each.includes(text) && each.endsWith('}'));
      if (line !== undefined) return line;
      if (this.#child.exitCode !== null) throw new Error(this.stderr.slice(-2000));
      await Promise.race([once(this.#child.stderr as NodeJS.ReadableStream, 'data'), once(this.#child, 'exit')]);
    }
  }

  /** What the process in it has mapped, in the form of proc(5). */
  maps(): string {
    const { pid } = JSON.parse(this.#runc('state')) as { pid: number };
    return readFileSync(`/proc/${pid}/maps`, 'utf8');
  }

  #runc(command: string, ...args: readonly string[]): string {
    const words = ['--root', join(this.#folder, 'runc'), command, basename(this.#folder), ...args];
    return execFileSync('runc', words, { encoding: 'utf8' });
  }

  /** Sends SIGTERM to what runs in it, and waits. */
  async stop(): Promise<number | null> {
    if (this.#child.exitCode === null) {
      this.#runc('kill', 'TERM');
    }
    return await this.ended();
  }

  /** Resolves with its exit status; nothing is left of it then but what it wrote to volumes. */
  async ended(): Promise<number | null> {
    if (this.#child.exitCode === null) await once(this.#child, 'close');
    rmSync(this.#folder, { recursive: true, force: true });
    return this.#child.exitCode;
  }
}
