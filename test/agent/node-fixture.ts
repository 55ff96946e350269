import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Why kernel tests cannot run here; false when they can. In the form of tap's `skip` option. */
export function whyNoKernel(): string | false {
  if (process.getuid?.() !== 0) return 'loading BPF programs needs root';
  if (spawnSync('nft', ['--version']).status !== 0) return 'nft is not installed';
  return spawnSync('unshare', ['--net', 'true']).status === 0 ? false : 'network namespaces may not be made here';
}

/** Calico gives the host side of every pod this address, and pods a neighbour entry for their gateway with it. */
const hostMac = 'ee:ee:ee:ee:ee:ee';
const gateway = '169.254.1.1';

export interface TestPod {
  readonly name: string;
  readonly address: string;
  readonly netns: string;
  readonly interface: string;
}

let counter = 0;

/** A node with pods wired as Calico wires them, out of network namespaces; each test makes its own. */
export class TestNode {
  readonly netns: string;
  readonly folder: string;
  readonly cniResults: string;
  readonly #pods: TestPod[] = [];

  constructor() {
    this.netns = `weir-test-${process.pid}-${++counter}`;
    this.folder = mkdtempSync(join(tmpdir(), 'weir-test-'));
    this.cniResults = join(this.folder, 'cni');
    mkdirSync(this.cniResults);
    this.#ip([`netns add ${this.netns}`, `-n ${this.netns} link set lo up`]);
    this.run(['sysctl', '-qw', 'net.ipv4.ip_forward=1']);
  }

  #ip(commands: readonly string[]): void {
    for (const command of commands) execFileSync('ip', command.split(' '), { stdio: 'pipe' });
  }

  /** Makes a pod; `named: false` leaves out the CNI result until nameLater is called. */
  addPod(name: string, options: { readonly named?: boolean } = {}): TestPod {
    const index = this.#pods.length + 1;
    const hash = createHash('sha1').update(`test.${name}`).digest('hex').slice(0, 11);
    const pod = { name, address: `10.9.0.${index}`, netns: `${this.netns}-${index}`, interface: `cali${hash}` };
    this.#pods.push(pod);
    this.#ip([
      `netns add ${pod.netns}`,
      `-n ${this.netns} link add ${pod.interface} address ${hostMac} type veth peer name eth0 netns ${pod.netns}`,
      `-n ${this.netns} link set ${pod.interface} up`,
      `-n ${pod.netns} link set lo up`,
      `-n ${pod.netns} link set eth0 up`,
      `-n ${pod.netns} addr add ${pod.address}/32 dev eth0`,
      `-n ${pod.netns} route add ${gateway} dev eth0 scope link`,
      `-n ${pod.netns} neigh add ${gateway} lladdr ${hostMac} dev eth0`,
      `-n ${pod.netns} route add default via ${gateway}`,
      `-n ${this.netns} route add ${pod.address} dev ${pod.interface} scope link`,
    ]);
    if (options.named !== false) this.nameLater(pod);
    return pod;
  }

  /** Writes the CNI result that says whose namespace the pod's is. */
  nameLater(pod: TestPod): void {
    const cniArgs = [
      ['K8S_POD_NAMESPACE', 'test'],
      ['K8S_POD_NAME', pod.name],
      ['K8S_POD_UID', `uid-${pod.name}`],
    ];
    const result = { kind: 'cniCacheV1', ifName: 'eth0', netns: `/run/netns/${pod.netns}`, cniArgs };
    writeFileSync(join(this.cniResults, `net-${pod.name}-eth0`), JSON.stringify(result));
  }

  deletePod(pod: TestPod): void {
    rmSync(join(this.cniResults, `net-${pod.name}-eth0`), { force: true });
    this.#ip([`netns del ${pod.netns}`]);
  }

  /** Runs a command inside the node's namespace, or a pod's. */
  run(argv: readonly string[], pod?: TestPod, input = ''): string {
    const path = `/run/netns/${pod?.netns ?? this.netns}`;
    return execFileSync('nsenter', [`--net=${path}`, ...argv], { input, encoding: 'utf8', timeout: 30_000 });
  }

  /** Runs JavaScript in a pod to its end and gives what it printed. */
  script(pod: TestPod, source: string): string {
    return this.run([process.execPath, '--input-type=module', '-'], pod, source);
  }

  /** Starts JavaScript in a pod and waits until it prints `ready`. @returns how to end it */
  async serve(pod: TestPod, source: string): Promise<() => Promise<void>> {
    const argv = [`--net=/run/netns/${pod.netns}`, process.execPath, '--input-type=module', '--eval', source];
    const child = spawn('nsenter', argv, { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (chunk: Buffer) => {
        if (chunk.includes('ready')) resolve();
      });
      child.once('exit', (code) => reject(new Error(`the server ended with status ${code}`)));
    });
    return async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill();
      await ended;
    };
  }

  nft(rules: string): void {
    this.run(['nft', '-f', '-'], undefined, rules);
  }

  remove(): void {
    const names = [this.netns, ...this.#pods.map(({ netns }) => netns)];
    for (const name of names) spawnSync('ip', ['netns', 'del', name]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
