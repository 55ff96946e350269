import { join } from 'node:path';
import type { Test } from 'tap';
import { addDrops, type FlowRecord } from '../../core/flow.ts';
import { AgentProcess } from './agent-process.ts';
import { IngestDouble } from './ingest-double.ts';
import { TestNode } from './node-fixture.ts';
import type { TestPod } from './pod-wiring.ts';
import { edgesOf, evidenceOf, type Sum, sumOf, type Wanted } from './reports.ts';

export interface WatchedOptions {
  readonly flags?: readonly string[];
  /** A node made before; it is removed at the end all the same. */
  readonly node?: TestNode;
}

/** A node, its agent, and everything that the agent sent. */
export class Watched {
  readonly node: TestNode;
  readonly ingest: IngestDouble;
  readonly address: string;
  readonly #flags: readonly string[];
  readonly #t: Test;
  #agent: AgentProcess | null = null;

  constructor(t: Test, { flags = [], node = new TestNode() }: WatchedOptions = {}) {
    this.#t = t;
    this.#flags = flags;
    this.node = node;
    t.teardown(() => node.remove());
    this.ingest = new IngestDouble();
    this.address = `unix:${join(node.folder, 'aggregator.sock')}`;
  }

  get agent(): AgentProcess {
    if (this.#agent === null) throw new Error('the agent was not started');
    return this.#agent;
  }

  async listen(): Promise<void> {
    await this.ingest.listen(this.address);
    this.#t.teardown(() => this.ingest.kill());
  }

  /** Starts the agent, once more after it was stopped. @param flags besides those that it always has here */
  startAgent(flags: readonly string[] = []): AgentProcess {
    const agent = new AgentProcess(this.node, this.address, [...this.#flags, ...flags]);
    this.#t.teardown(() => agent.stop());
    this.#agent = agent;
    return agent;
  }

  /** Waits until the last status knows so many pods. */
  async podsKnown(pods: number): Promise<void> {
    await this.until(() => (this.ingest.statuses.at(-1)?.podsResolved ?? 0) === pods, `${pods} pods are known`);
  }

  /** As IngestDouble.until, with the agent's last words when it takes too long. */
  async until(holds: () => boolean, what: string): Promise<void> {
    try {
      await this.ingest.until(holds, what);
    } catch (error) {
      const edges = edgesOf(this.records).slice(-40).join('\n');
      throw new Error(`${String(error)}\n${edges}\n${this.#agent?.log.slice(-2000) ?? ''}`, { cause: error });
    }
  }

  /** Waits until everything that has happened so far was reported: a window that began later has ended. */
  async settled(): Promise<void> {
    const now = Date.now();
    await this.until(() => (this.ingest.batches.at(-1)?.window.startUnixMs ?? 0) > now, 'a later window came');
  }

  /** A batch that was sent twice, because its acknowledgement was lost, counts once, as with the real aggregator. */
  get records(): FlowRecord[] {
    const byId = new Map(this.ingest.batches.map((batch) => [`${batch.epoch} ${batch.sequence}`, batch]));
    return [...byId.values()].flatMap(({ records }) => records);
  }

  /** Events that the agent says it lost, by stage, since it started. */
  losses(): Record<string, number> {
    const sum = {};
    for (const { losses } of this.ingest.batches) addDrops(sum, losses);
    return sum;
  }

  sum(wanted: Wanted): Sum {
    return sumOf(this.records, wanted);
  }

  evidence(wanted: Wanted): string[] {
    return evidenceOf(this.records, wanted);
  }

  edges(): string[] {
    return edgesOf(this.records);
  }
}

/** A node with two named pods and an agent that watches them. */
export async function watched(
  t: Test,
  options: WatchedOptions = {},
): Promise<{ w: Watched; node: TestNode; client: TestPod; server: TestPod }> {
  const w = new Watched(t, options);
  await w.listen();
  const { node } = w;
  const [client, server] = node.addPods(['client', 'server']) as [TestPod, TestPod];
  w.startAgent();
  await w.podsKnown(2);
  return { w, node, client, server };
}
