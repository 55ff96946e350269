/* The agents of some nodes in one process: they speak as agents do, on a stream each, and have nothing else to do. */
import type { ClientDuplexStream } from '@grpc/grpc-js';
import { setTimeout as sleep } from 'node:timers/promises';
import { wireVersions } from '../proto/limits.ts';
import { connect } from '../proto/services.ts';
import type * as wire from '../proto/wire.ts';
import { ClusterFlows, type NodeFrame } from './cluster-flows.ts';
import type { LoadOptions, Sent, ToLoad } from './ingest-agents.ts';

type Stream = ClientDuplexStream<wire.PushRequest, wire.PushResponse>;

const { nodes, cluster, ahead, epoch } = JSON.parse(process.argv[2] as string) as LoadOptions;

class LoadAgent {
  readonly #node: number;
  readonly #windows: Iterator<NodeFrame, never>;
  /** Those that were encoded so far. What was sent is let go. */
  readonly #sends: { readonly rows: number; readonly bytes: number; frame: wire.Batch | null }[] = [];
  readonly #sentMs: number[] = [];
  #stream: Stream | null = null;
  #credits = 1;
  #sent = 0;
  #acknowledged = 0;
  #until = 0;
  #wake = () => {};
  readonly latenciesMs: number[] = [];

  constructor(node: number, windows: Iterator<NodeFrame, never>) {
    this.#node = node;
    this.#windows = windows;
  }

  /** Encodes so many windows ahead. */
  encode(windows: number): void {
    while (this.#sends.length < windows) this.#sends.push({ ...this.#windows.next().value });
  }

  #take(number: number): wire.Batch {
    this.encode(number + 1);
    const window = this.#sends[number];
    const frame = window?.frame ?? null;
    if (window === undefined || frame === null) throw new RangeError(`window ${number} was sent before`);
    window.frame = null;
    return frame;
  }

  get sent(): number {
    return this.#sent;
  }

  /** Rows and bytes of its batches from one number to another, exclusive. */
  total(of: 'rows' | 'bytes', from: number, to: number): number {
    return this.#sends.slice(from, to).reduce((sum, each) => sum + each[of], 0);
  }

  connect(address: string): Promise<void> {
    const connection = connect(address, { 'grpc.use_local_subchannel_pool': 1 });
    const stream = connection.ingest.push();
    this.#stream = stream;
    stream.on('error', (error: Error) => {
      process.stderr.write(`node-${this.#node}: ${error.message}\n`);
      process.exit(1);
    });
    const hello = {
      cluster: 'bench',
      node: `node-${this.#node}`,
      agentVersion: 'bench',
      oldest: null,
      forgotten: null,
      status: null,
    };
    stream.write({ frame: 'hello', hello: { ...hello, versions: wireVersions } });
    return new Promise((resolve) => {
      stream.on('data', (answer: wire.PushResponse) => {
        if (answer.frame === 'welcome') {
          this.#credits = answer.welcome.credits;
          resolve();
        } else if (answer.frame === 'ack') this.#acknowledge(answer.ack);
        else throw new Error('the aggregator asked for the dictionary');
      });
    });
  }

  #acknowledge({ committed, credits }: wire.Ack): void {
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
      const batch = this.#take(this.#sent);
      this.#sentMs[this.#sent++] = performance.now();
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
const agents = nodes.map((node) => new LoadAgent(node, flows.framesOf(node)));
for (const agent of agents) agent.encode(ahead);

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
