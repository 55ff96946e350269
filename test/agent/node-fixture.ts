import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Address } from '../../core/address.ts';
import { InsideProcess, type Place, pythonProgram } from './inside-process.ts';
import { addressOf, ipBatch, routerSettings, writeSettings } from './namespaces.ts';
import { hostLines, insideLines, planPod, type TestPod } from './pod-wiring.ts';

/** Why kernel tests cannot run here; false when they can. In the form of tap's `skip` option. */
export function whyNoKernel(): string | false {
  if (process.getuid?.() !== 0) return 'loading BPF programs needs root';
  if (spawnSync('nft', ['--version']).status !== 0) return 'nft is not installed';
  if (spawnSync('/usr/bin/python3', ['--version']).status !== 0) return 'python3 is not installed';
  return spawnSync('unshare', ['--net', 'true']).status === 0 ? false : 'network namespaces may not be made here';
}

export interface PodOptions {
  /** False leaves out the CNI result until nameLater is called; `before` writes it before there is an interface. */
  readonly named?: boolean | 'before';
  /** True for a pod whose addresses belong to a virtual machine: the kernel's own stack has none of them. */
  readonly guest?: boolean;
  /** Name of the node's end of its interface, where that is not Calico's. */
  readonly interface?: (containerId: string) => string;
  /** Index of the node's end of its interface. */
  readonly ifindex?: number;
  /** A pod that is gone, whose place it takes: namespace name and addresses. */
  readonly inPlaceOf?: TestPod;
}

let counter = 0;

/** A node with dual-stack pods wired as Calico wires them, out of network namespaces; each test makes its own. */
export class TestNode implements Place {
  readonly netns: string;
  readonly folder: string;
  readonly cniResults: string;
  /** Where the agent keeps its maps while it is away; the agent makes it. */
  readonly pins: string;
  /** The node's own addresses: what it masquerades with, and where its ICMP errors come from. */
  readonly address: Address;
  readonly address6: Address;
  readonly podCidr: string;
  readonly podCidr6: string;
  readonly #index: number;
  readonly #pods = new Set<TestPod>();
  #lastPod = 0;
  readonly #processes = new Set<InsideProcess>();

  /** @param index tells nodes that are joined by an underlay apart */
  constructor(index = 0) {
    this.#index = index;
    const id = `weir-test-${process.pid}-${++counter}`;
    this.netns = id;
    this.pins = `/sys/fs/bpf/${id}`;
    this.folder = mkdtempSync(join(tmpdir(), 'weir-test-'));
    this.cniResults = join(this.folder, 'cni');
    this.address = addressOf(`172.30.0.${10 + index}`);
    this.address6 = addressOf(`fd00:30::${10 + index}`);
    this.podCidr = `10.${9 + index}.0.0/16`;
    this.podCidr6 = `fd00:${9 + index}::/64`;
    mkdirSync(this.cniResults);
    ipBatch(null, [`netns add ${id}`]);
    writeSettings(id, routerSettings);
    ipBatch(id, ['link set lo up', `addr add ${this.address}/32 dev lo`, `addr add ${this.address6}/128 dev lo nodad`]);
  }

  addPod(name: string, options: PodOptions = {}): TestPod {
    const [pod] = this.addPods([name], options);
    return pod as TestPod;
  }

  /** Makes pods, a few milliseconds each. */
  addPods(names: readonly string[], options: PodOptions = {}): TestPod[] {
    const { named = true, guest = false, inPlaceOf } = options;
    const wiring = { guest, interface: options.interface ?? null, ifindex: options.ifindex ?? null };
    const place = () => (inPlaceOf === undefined ? ++this.#lastPod : Number(inPlaceOf.netns.split('-').at(-1)));
    const pods = names.map((name) => planPod(this.netns, this.#index, place(), name, wiring));
    for (const pod of pods) this.#pods.add(pod);
    ipBatch(
      null,
      pods.map(({ netns }) => `netns add ${netns}`),
    );
    if (named === 'before') for (const pod of pods) this.nameLater(pod);
    ipBatch(
      this.netns,
      pods.flatMap((pod) => hostLines(pod, wiring)),
    );
    const own = pods.map((pod) => `ip -n ${pod.netns} -batch - <<END\n${insideLines(pod, guest).join('\n')}\nEND`);
    execFileSync('sh', ['-e'], { input: own.join('\n'), stdio: ['pipe', 'pipe', 'pipe'] });
    if (named === true) for (const pod of pods) this.nameLater(pod);
    return pods;
  }

  /** Writes the CNI result that says whose namespace the pod's is. */
  nameLater(pod: TestPod, uid = `uid-${pod.name}`): void {
    const cniArgs = [
      ['K8S_POD_NAMESPACE', 'test'],
      ['K8S_POD_NAME', pod.name],
      ['K8S_POD_UID', uid],
    ];
    const { containerId } = pod;
    const result = { kind: 'cniCacheV1', containerId, ifName: 'eth0', netns: `/run/netns/${pod.netns}`, cniArgs };
    writeFileSync(join(this.cniResults, `net-${containerId}-eth0`), JSON.stringify(result));
  }

  /** Takes back what nameLater wrote. */
  forgetName(pod: TestPod): void {
    rmSync(join(this.cniResults, `net-${pod.containerId}-eth0`), { force: true });
  }

  /** Kills what was started in pods and deletes them. */
  deletePod(...pods: readonly TestPod[]): void {
    const gone = new Set(pods.map(({ netns }) => netns));
    for (const each of this.#processes) if (gone.has(each.place.netns)) each.kill();
    for (const pod of pods) {
      this.forgetName(pod);
      this.#pods.delete(pod);
    }
    ipBatch(
      null,
      pods.map(({ netns }) => `netns del ${netns}`),
    );
  }

  /** Runs a command to its end inside the node's namespace, or a pod's, and gives what it printed. */
  run(argv: readonly string[], place: Place = this, input = ''): string {
    return execFileSync('nsenter', [`--net=/run/netns/${place.netns}`, ...argv], {
      input,
      encoding: 'utf8',
      timeout: 30_000,
    });
  }

  /** Runs JavaScript in a pod to its end and gives what it printed. */
  script(place: Place, source: string): string {
    return this.run([process.execPath, '--input-type=module', '-'], place, source);
  }

  /** Runs one of the Python programs beside these tests to its end and gives what it printed. */
  python(place: Place, program: string, ...argv: readonly (string | number)[]): string {
    return this.run(pythonProgram(program, argv), place);
  }

  /** Starts a command inside a namespace; what still runs when the node is removed is killed. */
  start(place: Place, argv: readonly string[]): InsideProcess {
    const started = new InsideProcess(place, argv);
    this.#processes.add(started);
    return started;
  }

  /** Starts one of the Python programs beside these tests and waits until it prints `ready`. */
  async startPython(place: Place, program: string, ...argv: readonly (string | number)[]): Promise<InsideProcess> {
    const started = this.start(place, pythonProgram(program, argv));
    await started.until(/^ready\n/m);
    return started;
  }

  /** Starts JavaScript in a pod and waits until it prints `ready`. @returns how to end it */
  async serve(place: Place, source: string): Promise<() => Promise<void>> {
    const server = this.start(place, [process.execPath, '--input-type=module', '--eval', source]);
    await server.until(/ready/);
    return () => server.stop();
  }

  nft(rules: string, place: Place = this): void {
    this.run(['nft', '-f', '-'], place, rules);
  }

  /** Packets that a named nft counter counted. */
  nftCounter(table: string, name: string, place: Place = this): number {
    const text = this.run(['nft', 'list', 'counter', ...table.split(' '), name], place);
    return Number(/packets (\d+)/.exec(text)?.[1] ?? Number.NaN);
  }

  remove(): void {
    for (const each of this.#processes) each.kill();
    const names = [this.netns, ...Array.from(this.#pods, ({ netns }) => netns)];
    spawnSync('ip', ['-force', '-batch', '-'], { input: names.map((name) => `netns del ${name}\n`).join('') });
    rmSync(this.pins, { recursive: true, force: true });
    rmSync(this.folder, { recursive: true, force: true });
  }
}
