import { randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { WeirError } from '../core/errors.ts';
import type { NetworkPolicy } from '../core/kubernetes.ts';
import type { Milliseconds } from '../core/time.ts';
import { type CheckResult, checkEdges } from './check.ts';
import { cleanUp, createStateDir } from './clean-up.ts';
import { Cluster, type LabNode, type LabPod } from './cluster.ts';
import { type Cni, type CniName } from './cni/cni.ts';
import { makeCni } from './cni/make-cni.ts';
import { type CommandOptions, type CommandResult, runCommand } from './command.ts';
import { type ExpectedEdge, expectedEdgesOf } from './expected.ts';
import { writeManifests } from './manifest-files.ts';
import { manifestsOf } from './manifests.ts';
import { isLabName } from './names.ts';
import { startOutside } from './outside.ts';
import { inPod, writePodEnvironment } from './pod-environment.ts';
import { type LabProcess, startProcess, writeProgramFiles } from './pod-processes.ts';
import { runProbes } from './probes.ts';
import { programsOf } from './programs/programs-of.ts';
import { outsideServer, podServer, type Server, waitUntilReady } from './ready.ts';
import { createRecord, recordDir } from './record.ts';
import type { ProbeConfig, ProbeResult } from './servers/probe-config.ts';
import { exitingOnSignals, unlessAborted } from './signals.ts';
import { topology } from './topology.ts';
import { buildUnderlay } from './underlay.ts';
import type { WorkloadSpec } from './workload-spec.ts';

export interface LabOptions {
  /** A lower-case letter and up to 15 more letters and digits. A lab of the same name that still runs is taken over. */
  readonly name: string;
  /** Directory for everything that the lab keeps in files, removed at the end; must not hold anything else. */
  readonly stateDir?: string;
  /** Names of the nodes; `n1` and `n2` when absent. */
  readonly nodes?: readonly string[];
  /** As whose pods the lab's are wired; Calico's when absent. */
  readonly cni?: CniName;
  readonly onProgress?: (message: string) => void;
  /**
   * Stops the lab, also one that is still being built. When absent, SIGINT, SIGTERM and SIGHUP stop the lab and
   * then the process.
   */
  readonly abort?: AbortSignal;
}

/**
 * A Kubernetes-like cluster on this machine: pods are network namespaces wired as a CNI wires them, with real servers,
 * Services, DNS and policy enforcement. It needs root and touches nothing outside its own namespaces and directories.
 */
export class Lab {
  readonly name: string;
  readonly stateDir: string;
  /** The cluster's objects as YAML files, always up to date. */
  readonly manifestsDir: string;
  readonly #cluster: Cluster;
  readonly #cni: Cni;
  readonly #trafficFile: string;
  readonly #onProgress: (message: string) => void;
  /** Done when nothing is being built any more, well or not: only then can everything be removed. */
  #settled: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | null = null;
  #releaseAbort: () => void = () => undefined;

  private constructor(options: LabOptions) {
    this.name = options.name;
    this.stateDir = options.stateDir ?? `${recordDir(options.name)}/state`;
    this.manifestsDir = `${this.stateDir}/manifests`;
    this.#trafficFile = `${this.stateDir}/traffic`;
    this.#onProgress = options.onProgress ?? (() => undefined);
    this.#cni = makeCni(options.cni ?? 'calico', options.name);
    this.#cluster = new Cluster({
      lab: options.name,
      stateDir: this.stateDir,
      nodes: options.nodes ?? ['n1', 'n2'],
      topology,
      interfaceOf: (pod) => this.#cni.interfaceOf(pod),
      now: () => new Date(),
      newUid: randomUUID,
    });
  }

  /**
   * Builds a lab and waits until every server in it answers; the clients are silent until `startTraffic`.
   * @throws LAB when it cannot be built; nothing is left behind then
   */
  static async start(options: LabOptions): Promise<Lab> {
    if (!isLabName(options.name)) {
      throw new WeirError('LAB', `"${options.name}" is no name for a lab; use up to 16 lower-case letters and digits`);
    }
    const lab = new Lab(options);
    const abort = options.abort ?? exitingOnSignals(() => lab.stop());
    await cleanUp(lab.name, lab.#onProgress);
    createRecord(lab.name, lab.stateDir);
    const building = lab.#build(abort);
    lab.#settled = building.catch(() => undefined);
    const onAbort = () => void lab.stop();
    abort.addEventListener('abort', onAbort, { once: true });
    lab.#releaseAbort = () => abort.removeEventListener('abort', onAbort);
    try {
      await building;
    } catch (error) {
      await lab.stop();
      throw error;
    }
    return lab;
  }

  get pods(): readonly LabPod[] {
    return this.#cluster.pods;
  }

  get nodes(): readonly LabNode[] {
    return this.#cluster.nodes;
  }

  /** Flags of Weir's agent, by which it finds on a node what stands there. */
  agentFlags(node: LabNode): Readonly<Record<string, string>> {
    return { 'cni-results': node.cniResultsDir, 'cni-conf': node.cniConfDir, ...this.#cni.agentFlags(node) };
  }

  /** What Weir can know of an attempt that policy stopped here: the kernel's reasons, or `unanswered`. */
  get stopReasons(): readonly string[] {
    return this.#cni.stopReasons;
  }

  /** The edges that the lab's traffic draws, from its declaration alone. */
  expectedEdges(): ExpectedEdge[] {
    return expectedEdgesOf(this.#cluster.topology);
  }

  /** Lets every client call: about once a second each, over new connections. */
  startTraffic(): void {
    writeFileSync(this.#trafficFile, '');
  }

  stopTraffic(): void {
    rmSync(this.#trafficFile, { force: true });
  }

  /** Adds the pods of a workload while the lab runs, and waits until they answer. */
  async addPod(workload: WorkloadSpec): Promise<LabPod[]> {
    const pods = this.#cluster.place(workload, this.pods.length);
    await this.#cni.wire(this.#cluster, pods);
    await this.#publish();
    if (this.#cluster.policies.length > 0) await this.enforce(this.#cluster.policies);
    const servers = await Promise.all(pods.map((pod) => this.#startPod(pod)));
    await waitUntilReady(this.nodes[0] as LabNode, servers);
    return pods;
  }

  /** Runs a program inside a pod. The exit status is 124 when the time was up. */
  exec(pod: LabPod, argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    return runCommand(inPod(pod, argv), options);
  }

  /** Makes fresh attempts to reach servers from inside a pod, all at once; null stands for one that went through. */
  attempt(pod: LabPod, probes: readonly ProbeConfig[], timeoutMs: Milliseconds): Promise<readonly ProbeResult[]> {
    return runProbes((argv) => inPod(pod, argv), { probes, timeoutMs, retryMs: 0 });
  }

  /** Tries every expected edge from every pod of its client, through the Service and at every server pod directly. */
  checkLegitimate(): Promise<CheckResult> {
    return checkEdges(this.name, this.#cluster);
  }

  /** Enforces exactly these policies in the kernel, in place of those enforced before. */
  async enforce(policies: readonly NetworkPolicy[]): Promise<void> {
    await this.#cni.enforce(this.#cluster, policies);
    this.#cluster.setPolicies(policies);
    await writeManifests(this.manifestsDir, manifestsOf(this.#cluster));
  }

  /** Enforces nothing any more. */
  unenforce(): Promise<void> {
    return this.enforce([]);
  }

  /** Removes everything that the lab has made. */
  stop(): Promise<void> {
    this.#releaseAbort();
    this.#stopped ??= this.#settled.then(() => cleanUp(this.name, this.#onProgress));
    return this.#stopped;
  }

  async #build(abort: AbortSignal): Promise<void> {
    const { pods, nodes } = this;
    this.#onProgress(`building ${pods.length} pods on ${nodes.length} nodes`);
    await createStateDir(this.stateDir);
    await buildUnderlay(this.name, this.#cluster);
    abort.throwIfAborted();
    await this.#cni.connectNodes(this.#cluster);
    abort.throwIfAborted();
    await this.#cni.wire(this.#cluster, pods);
    await this.#publish();
    abort.throwIfAborted();
    this.#onProgress('starting servers');
    const outside = startOutside(this.name, this.#cluster, {
      dir: `${this.stateDir}/outside`,
      trafficFile: this.#trafficFile,
    });
    const servers = await Promise.all([
      outside.then((processes) => outsideServer(this.#cluster.topology, processes)),
      ...pods.map((pod) => this.#startPod(pod)),
    ]);
    await unlessAborted(abort, waitUntilReady(nodes[0] as LabNode, servers));
    this.#onProgress('every server answers');
  }

  /** Makes the pods that there are now known, behind their Services and in the manifests. */
  async #publish(): Promise<void> {
    await this.#cni.balance(this.#cluster);
    await writeManifests(this.manifestsDir, manifestsOf(this.#cluster));
  }

  async #startPod(pod: LabPod): Promise<Server> {
    await writePodEnvironment(pod);
    const programs = await programsOf({ cluster: this.#cluster, pod, trafficFile: this.#trafficFile });
    const processes: LabProcess[] = [];
    for (const [index, { argv, files }] of programs.entries()) {
      await writeProgramFiles(pod.dir, files);
      processes.push(await startProcess(this.name, inPod(pod, argv), `${pod.dir}/${index}.log`));
    }
    return podServer(pod, processes);
  }
}
