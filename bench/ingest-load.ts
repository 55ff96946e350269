/* The agents of some nodes in one process: they speak as agents do, on a stream each, and have nothing else to do. */
import type { ClientDuplexStream } from '@grpc/grpc-js';
import { setTimeout as sleep } from 'node:timers/promises';
import { wireVersions } from '../proto/limits.ts';
import { connect } from '../proto/services.ts';
import type * as wire from '../proto/wire.ts';
import { ClusterFlows, type NodeFrames } from './cluster-flows.ts';
import type { LoadOptions, Sent, ToLoad } from './ingest-agents.ts';

type Stream = ClientDuplexStream<wire.PushRequest, wire.PushResponse>;

const { nodes, cluster, windows, epoch } = JSON.parse(process.argv[2] as string) as LoadOptions;

class LoadAgent {
  readonly #node: number;
  readonly #sends: NodeFrames;
  readonly #sentMs: number[] = [];
  #stream: Stream | null = null;
  #credits = 1;
  #sent = 0;
  #acknowledged = 0;
  #until = 0;
  #wake = () => {};
  readonly latenciesMs: number[] = [];

  constructor(node: number, sends: NodeFrames) {
    this.#node = node;
    this.#sends = sends;
  }

  get sent(): number {
    return this.#sent;
  }

  /** Rows and bytes of its batches from one number to another, exclusive. */
  total(of: 'rows' | 'bytes', from: number, to: number): number {
    return this.#sends[of].slice(from, to).reduce((a, b) => a + b, 0);
  }

  connect(address: string): Promise<void> {
    const connection = connect(address, { 'grpc.use_local_subchannel_pool': 1 });
    const stream = connection.ingest.push();
    this.#stream = stream;
    stream.on('error', (error: Error) => {
      process.stderr.write(`node-${this.#node}: ${error.message}\n`);
      process.exit(1);
    });
    const hello = { cluster: 'bench', node: `node-${this.#node}`, agentVersion: 'bench', oldest: null, status: null };
    stream.write({ frame: 'hello', hello: { ...hello, versions: wireVersions } });
    return new Promise((resolve) => {
      stream.on('data', (answer: wire.PushResponse) => {
        if (answer.frame === 'welcome') {
          this.#credits = answer.welcome.credits;
          resolve();
        } else if (answer.frame === 'ack') this.#take(answer.ack);
        else throw new Error('the aggregator asked for the dictionary');
      });
    });
  }

  #take({ committed, credits }: wire.Ack): void {
    if (credits > 0) this.#credits = credits;
    const through = committed?.sequence ?? 0;
    const now = performance.now();
    for (; this.#acknowledged < through; this.#acknowledged++) {
      this.latenciesMs.push(now - (this.#sentMs[this.#acknowledged] as number));
    }
    this.#pump();
  }

  #pump(): void {
    while (this.#sent < this.#until && this.#sent - this.#acknowledged < this.#credits) {
      this.#sentMs[this.#sent] = performance.now();
      const batch = this.#sends.frames[this.#sent++] as wire.Batch;
      this.#stream?.write({ frame: 'batch', batch });
    }
    if (this.#acknowledged >= this.#until) this.#wake();
  }

  /** Resolves when so many more batches are acknowledged. */
  send(batches: number): Promise<void> {
    this.#until += batches;
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#pump();
    });
  }
}

const flows = new ClusterFlows(cluster, epoch);
const agents = nodes.map((node) => new LoadAgent(node, flows.framesOf(node, windows)));

/** @param overMs how long it takes until all have sent a window, one after the other; 0 for as fast as they may */
async function send(batches: number, overMs: number): Promise<Sent> {
  const from = agents[0]?.sent ?? 0;
  for (const agent of agents) agent.latenciesMs.length = 0;
  if (overMs === 0) await Promise.all(agents.map((agent) => agent.send(batches)));
  else {
    const beganMs = performance.now();
    const acknowledged: Promise<void>[] = [];
    for (let window = 0; window < batches; window++) {
      for (const [i, agent] of agents.entries()) {
        const dueMs = beganMs + (window + i / agents.length) * overMs;
        const waitMs = dueMs - performance.now();
        if (waitMs > 1) await sleep(waitMs);
        acknowledged.push(agent.send(1));
      }
    }
    // What a later window waits for stands for the earlier too.
    await Promise.all(acknowledged.slice(-agents.length));
  }
  const total = (of: 'rows' | 'bytes') => agents.reduce((sum, each) => sum + each.total(of, from, from + batches), 0);
  const latenciesMs = agents.flatMap((agent) => agent.latenciesMs);
  return { type: 'sent', rows: total('rows'), bytes: total('bytes'), latenciesMs };
}

process.on('message', (message: ToLoad) => {
  void (async () => {
    if (message.type === 'connect') {
      for (const agent of agents) await agent.connect(message.address);
      process.send?.({ type: 'connected' });
    } else process.send?.(await send(message.batches, message.overMs));
  })();
});
process.on('disconnect', () => process.exit(0));
process.send?.({ type: 'ready' });
