import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { Run } from './bench.ts';
import type { ClusterSize } from './identity-cluster.ts';
import { nextMessage, stop } from './ingest-aggregator.ts';

export interface LoadOptions {
  readonly nodes: readonly number[];
  readonly cluster: ClusterSize;
  /** How many batches of each are encoded before any is sent; further ones when it is their turn. */
  readonly ahead: number;
  readonly epoch: number;
}

export type ToLoad =
  | { readonly type: 'connect'; readonly address: string }
  | { readonly type: 'send'; readonly batches: number; readonly overMs: number };

/** What was sent and acknowledged. */
export interface Sent {
  readonly type: 'sent';
  readonly rows: number;
  readonly bytes: number;
  /** From sending a batch to its acknowledgement. */
  readonly latenciesMs: readonly number[];
}

/** The agents of a cluster's first nodes, in some processes. */
export class BenchAgents {
  readonly #children: readonly ChildProcess[];
  readonly #run: Run;

  /** Resolves when everything that is to be sent is encoded. */
  static async start(run: Run, processes: number, streams: number, load: Omit<LoadOptions, 'nodes'>) {
    const children = Array.from({ length: processes }, (_, i) => {
      const nodes = Array.from({ length: streams }, (_, node) => node).filter((node) => node % processes === i);
      return fork(join(import.meta.dirname, 'ingest-load.js'), [JSON.stringify({ ...load, nodes })]);
    });
    for (const child of children) run.undo.later(() => stop(child));
    await Promise.all(children.map((child) => nextMessage(child, run)));
    return new BenchAgents(run, children);
  }

  private constructor(run: Run, children: readonly ChildProcess[]) {
    this.#run = run;
    this.#children = children;
  }

  async #ask<Answer>(message: ToLoad): Promise<readonly Answer[]> {
    for (const child of this.#children) child.send(message);
    return await Promise.all(this.#children.map((child) => nextMessage<Answer>(child, this.#run)));
  }

  /** Opens a stream for each, on a connection of its own. */
  async connect(address: string): Promise<void> {
    await this.#ask({ type: 'connect', address });
  }

  /** Sends so many batches of each stream, a window of all in so many milliseconds; 0 for as fast as they may. */
  async send(batches: number, overMs: number): Promise<Omit<Sent, 'type'>> {
    const all = await this.#ask<Sent>({ type: 'send', batches, overMs });
    return {
      rows: all.reduce((sum, { rows }) => sum + rows, 0),
      bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
      latenciesMs: all.flatMap(({ latenciesMs }) => latenciesMs),
    };
  }

  async stop(): Promise<void> {
    await Promise.all(this.#children.map(stop));
  }
}
