import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestNode } from '../node-fixture.ts';
import { writePauseImage } from './pause-image.ts';
import { connectRunner, type Runner } from './runner.ts';

const patienceMs = 20_000;
const image = 'weir.test/pause:1';

/** Why no containerd can run here; false when it can. In the form of tap's `skip` option. */
export function whyNoContainerd(): string | false {
  const missing = ['containerd', 'ctr', 'runc', 'cc'].find((each) => spawnSync(each, ['--version']).status !== 0);
  return missing === undefined ? false : `${missing} is not installed`;
}

/** A CNI plugin that makes a veth pair with a random name, as `bridge` and `ptp` do. */
const plugin = `#!/bin/sh -e
link=veth$(printf %.8s "$CNI_CONTAINERID")
case $CNI_COMMAND in
  VERSION) echo '{"cniVersion":"0.4.0","supportedVersions":["0.4.0"]}' ;;
  ADD)
    ip link add "$link" type veth peer name "$CNI_IFNAME" netns "$CNI_NETNS"
    ip link set "$link" up
    echo '{"cniVersion":"0.4.0","interfaces":[{"name":"'"$link"'"},{"name":"'"$CNI_IFNAME"'","sandbox":"'"$CNI_NETNS"'"}],
      "ips":[{"version":"4","address":"10.99.0.2/24","interface":1}]}' ;;
  DEL) ip link del "$link" 2>&- || : ;;
esac
`;
const loopback = `#!/bin/sh
[ "$CNI_COMMAND" = ADD ] && echo '{"cniVersion":"0.3.1","interfaces":[],"ips":[{"version":"4","address":"127.0.0.1/8"}]}'
exit 0
`;

/** The real containerd with its CRI plugin in a node's namespace; all that it keeps is in the node's folder. */
export class Containerd {
  readonly socket: string;
  /** Where libcni inside it writes its results. */
  readonly cniResults: string;
  readonly #folder: string;
  readonly #node: TestNode;
  #child: ChildProcess | null = null;
  #runner: Runner | null = null;
  readonly #sandboxes = new Set<string>();

  constructor(node: TestNode) {
    this.#node = node;
    this.#folder = join(node.folder, 'containerd');
    this.socket = join(this.#folder, 'sock');
    this.cniResults = join(this.#folder, 'cni', 'results');
    for (const name of ['bin', 'net.d', 'cni', 'state']) mkdirSync(join(this.#folder, name), { recursive: true });
    const write = (name: string, text: string) => writeFileSync(join(this.#folder, name), text);
    for (const [name, text] of [
      ['bin/weir-veth', plugin],
      ['bin/loopback', loopback],
    ] as const) {
      write(name, text);
      chmodSync(join(this.#folder, name), 0o755);
    }
    write('net.d/10-veth.conflist', '{"cniVersion":"0.4.0","name":"test","plugins":[{"type":"weir-veth"}]}');
    write('config.toml', this.#configuration());
  }

  #configuration(): string {
    const cri = '[plugins."io.containerd.grpc.v1.cri"';
    return `version = 2
root = "${this.#folder}/root"
state = "${this.#folder}/state"
[grpc]
  address = "${this.socket}"
${cri}]
  sandbox_image = "${image}"
  netns_mounts_under_state_dir = true
  disable_apparmor = true
  restrict_oom_score_adj = true
${cri}.containerd]
  snapshotter = "native"
${cri}.cni]
  bin_dir = "${this.#folder}/bin"
  conf_dir = "${this.#folder}/net.d"
`;
  }

  async start(): Promise<void> {
    // Its mounts of namespaces are seen by the agent, as on a node; its CNI cache is not the machine's.
    const state = join(this.#folder, 'state');
    execFileSync('sh', ['-ec', `mount --bind ${state} ${state} && mount --make-shared ${state}`]);
    const script = `mount -t tmpfs weir-test /var/lib && mkdir /var/lib/cni && mount --bind ${this.#folder}/cni /var/lib/cni && exec "$@"`;
    const command = ['containerd', '--config', join(this.#folder, 'config.toml'), '--log-level', 'error'];
    const inside = ['unshare', '--mount', '--propagation', 'unchanged', 'sh', '-ec', script, 'sh', ...command];
    this.#child = spawn('nsenter', [`--net=/run/netns/${this.#node.netns}`, ...inside], { stdio: 'ignore' });
    const deadline = Date.now() + patienceMs;
    const ctr = ['--address', this.socket, '--namespace', 'k8s.io'];
    while (!existsSync(this.socket) || spawnSync('ctr', [...ctr, 'version']).status !== 0) {
      if (Date.now() > deadline) throw new Error('containerd does not answer');
      await sleep(50);
    }
    const archive = writePauseImage(this.#folder, image);
    execFileSync('ctr', [...ctr, 'images', 'import', '--snapshotter', 'native', archive], { stdio: 'pipe' });
    this.#runner = connectRunner(`unix:${this.socket}`);
  }

  get #running(): Runner {
    if (this.#runner === null) throw new Error('containerd was not started');
    return this.#runner;
  }

  /** Starts a pod's sandbox. @returns its id */
  async run(name: string, uid: string, cgroupParent = ''): Promise<string> {
    const metadata = { name, uid, namespace: 'test' };
    const { podSandboxId } = await this.#running.run({ config: { metadata, linux: { cgroupParent } } });
    this.#sandboxes.add(podSandboxId);
    return podSandboxId;
  }

  async stop(podSandboxId: string): Promise<void> {
    await this.#running.stop({ podSandboxId });
    await this.#running.remove({ podSandboxId });
    this.#sandboxes.delete(podSandboxId);
  }

  async remove(): Promise<void> {
    for (const id of this.#sandboxes) await this.stop(id).catch(() => undefined);
    this.#runner?.close();
    const child = this.#child;
    if (child !== null && child.exitCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    }
    const state = join(this.#folder, 'state');
    spawnSync('sh', [
      '-c',
      `findmnt --list --noheadings --output TARGET | grep ^${state} | sort -r | xargs -r umount -l`,
    ]);
  }
}
