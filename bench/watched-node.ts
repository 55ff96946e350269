import { join } from 'node:path';
import type { FlowRecord } from '../core/flow.ts';
import type { Milliseconds } from '../core/time.ts';
import { AgentProcess } from '../test/agent/agent-process.ts';
import { IngestDouble } from '../test/agent/ingest-double.ts';
import { TestNode, whyNoKernel } from '../test/agent/node-fixture.ts';
import type { TestPod } from '../test/agent/pod-wiring.ts';
import type { Run } from './bench.ts';
import { loadedPrograms, programsOf } from './bpf-programs.ts';
import { removePins } from './own-mounts.ts';
import { comesToHold } from './waiting.ts';

const startWithinMs = 30_000;
const unloadWithinMs = 10_000;
/** Detaching from the interfaces of 200 pods takes the kernel some seconds. */
const graceMs = 30_000;

/** A pod may open ten thousand connections a second: see bench/load/load.c. */
const clientSysctls = ['net.ipv4.tcp_tw_reuse=1', 'net.ipv4.ip_local_port_range=1024 65535'];

/** A node with pods, an aggregator that takes what it is sent, and an agent that can be started and stopped. */
export class WatchedNode {
  readonly node: TestNode;
  readonly ingest = new IngestDouble();
  readonly pods: readonly TestPod[];
  readonly #run: Run;
  readonly #address: string;

  private constructor(run: Run, node: TestNode, pods: readonly TestPod[]) {
    this.#run = run;
    this.node = node;
    this.pods = pods;
    this.#address = `unix:${join(node.folder, 'aggregator.sock')}`;
  }

  /** Makes the node; it goes when the bench ends. @param clients how many of the pods, from the first, open connections */
  static async make(run: Run, pods: number, clients = pods): Promise<WatchedNode> {
    const reason = whyNoKernel();
    if (reason !== false) throw new Error(`nothing can be measured here: ${reason}`);
    run.abort.throwIfAborted();
    const node = new TestNode();
    run.undo.later(() => node.remove());
    const made = Array.from({ length: pods }, (_, i) => node.addPod(`pod-${i + 1}`));
    for (const pod of made.slice(0, clients)) node.run(['sysctl', '-qw', ...clientSysctls], pod);
    const watched = new WatchedNode(run, node, made);
    await watched.ingest.listen(watched.#address);
    run.undo.later(() => watched.ingest.kill());
    return watched;
  }

  pod(index: number): TestPod {
    const pod = this.pods[index];
    if (pod === undefined) throw new RangeError(`there is no pod ${index}`);
    return pod;
  }

  /** The host side of each pod. */
  get interfaces(): string[] {
    return this.pods.map((pod) => pod.interface);
  }

  /** Starts the agent and waits until it has every pod's name. */
  async startAgent(window: string): Promise<RunningAgent> {
    const process = new AgentProcess(this.node, this.#address, ['--window', window]);
    const agent = new RunningAgent(process);
    this.#run.undo.later(() => agent.stop());
    const isWatching = () => {
      if (process.exitStatus !== null) throw new Error(`the agent ended:\n${process.log.slice(-2000)}`);
      return agent.watchedInterfaces() === this.pods.length;
    };
    if (await comesToHold(isWatching, startWithinMs, this.#run.abort)) return agent;
    throw new Error(`the agent does not watch all ${this.pods.length} pods:\n${process.log.slice(-2000)}`);
  }

  /** Stops the agent and makes sure that nothing of it is left in the kernel. */
  async stopAgent(agent: RunningAgent): Promise<void> {
    const ids = agent.programs();
    await agent.stop();
    removePins();
    const areGone = () => {
      const left = loadedPrograms();
      return ![...ids].some((id) => left.has(id));
    };
    if (await comesToHold(areGone, unloadWithinMs, this.#run.abort)) return;
    throw new Error('programs of the agent are still loaded after it ended and its pins were removed');
  }

  /** Connections that were reported so far, of all records that match. */
  established(matches: (record: FlowRecord) => boolean): number {
    let total = 0;
    for (const record of this.ingest.records) if (matches(record)) total += record.counters.established;
    return total;
  }

  /** Waits for something in the batches. @returns whether it came */
  async reported(holds: () => boolean, withinMs: Milliseconds): Promise<boolean> {
    return await comesToHold(holds, withinMs, this.#run.abort);
  }
}

/** The agent's own process. */
export class RunningAgent {
  readonly #process: AgentProcess;

  constructor(process: AgentProcess) {
    this.#process = process;
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Ids of the BPF programs that it has open. */
  programs(): Set<number> {
    const ids = programsOf(this.pid);
    if (ids.size === 0) throw new Error('the agent has no BPF program open');
    return ids;
  }

  /** The first line of its log with this message; null when there is none yet. */
  logged(message: string): Readonly<Record<string, unknown>> | null {
    const line = this.#process.log.split('\n').find((each) => each.includes(`"msg":${JSON.stringify(message)}`));
    return line === undefined ? null : (JSON.parse(line) as Record<string, unknown>);
  }

  /** How many it has attached to when it began to watch. */
  watchedInterfaces(): number {
    return Number(this.logged('watching')?.['interfaces'] ?? 0);
  }

  /** Asks it to end, and ends it when it does not. */
  async stop(): Promise<void> {
    const late = setTimeout(() => void this.#process.stop('SIGKILL'), graceMs);
    await this.#process.stop();
    clearTimeout(late);
  }
}
