import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { allocation } from '../aggregator/process-memory.ts';
import type { Run } from './bench.ts';
import type { ClusterSize } from './identity-cluster.ts';
import { sum } from './statistics.ts';

export interface Listening {
  readonly type: 'listening';
  readonly address: string;
  readonly metricsAddress: string;
}

/** What the process has taken so far: all its threads, in user space and in the kernel. */
export interface Cpu {
  readonly type: 'cpu';
  readonly cpuSeconds: number;
}

/**
 * The same, and what it holds right after a collection of garbage. That makes the next one come sooner, so it is nothing
 * to ask for before something is measured.
 */
export interface Usage {
  readonly type: 'usage';
  readonly cpuSeconds: number;
  readonly rssMb: number;
  /** JavaScript's heap and what lies outside of it. */
  readonly heldBytes: number;
}

export type FromAggregator = Listening | Cpu | Usage;

/** @throws Error when the process ends first */
export async function nextMessage<Message>(child: ChildProcess, { abort }: Run): Promise<Message> {
  const over = new AbortController();
  const signal = AbortSignal.any([abort, over.signal]);
  try {
    const ended = once(child, 'exit', { signal }).then(([code]) => {
      throw new Error(`a process of the bench ended with ${code}`);
    });
    const [message] = (await Promise.race([once(child, 'message', { signal }), ended])) as [Message];
    return message;
  } finally {
    over.abort();
  }
}

/** An aggregator in a process of its own. */
export class BenchAggregator {
  readonly listening: Listening;
  readonly #child: ChildProcess;
  readonly #run: Run;

  /**
   * @param database a file, or the URL of a server
   * @throws Error when it ends at once, or gets its memory elsewhere than in its image
   */
  static async start(run: Run, database: string, size: ClusterSize): Promise<BenchAggregator> {
    const argv = [database, JSON.stringify(size)];
    const env = { ...process.env, ...allocation };
    const options = { execArgv: ['--expose-gc', ...profiling()], env };
    const child = fork(join(import.meta.dirname, 'ingest-process.js'), argv, options);
    run.undo.later(() => stop(child));
    const listening = await nextMessage<Listening>(child, run);
    requireAllocator(child.pid as number);
    return new BenchAggregator(child, run, listening);
  }

  private constructor(child: ChildProcess, run: Run, listening: Listening) {
    this.#child = child;
    this.#run = run;
    this.listening = listening;
  }

  async cpuSeconds(): Promise<number> {
    this.#child.send('cpu');
    return (await nextMessage<Cpu>(this.#child, this.#run)).cpuSeconds;
  }

  async usage(): Promise<Usage> {
    this.#child.send('usage');
    return await nextMessage<Usage>(this.#child, this.#run);
  }

  /** The sum of all values of a metric. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`http://${this.listening.metricsAddress}/metrics`)).text();
    const lines = text.split('\n').filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
    return sum(lines.map((line) => Number(line.slice(line.lastIndexOf(' ') + 1))));
  }

  async stop(): Promise<void> {
    await stop(this.#child);
  }
}

/** @throws Error when the loader did not find the allocator of the aggregator's image */
function requireAllocator(pid: number): void {
  const { LD_PRELOAD } = allocation;
  if (readFileSync(`/proc/${pid}/maps`, 'utf8').includes(`/${LD_PRELOAD}`)) return;
  throw new Error(`the aggregator runs without ${LD_PRELOAD}, so nothing is measured; npm run setup installs it`);
}

/** Where the profiles of the processes go, when somebody wants them. */
function profiling(): string[] {
  const folder = process.env['WEIR_BENCH_PROFILES'];
  return folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`];
}

/** Lets a process end by itself, which takes a moment, and ends it when it does not. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  if (child.connected) child.disconnect();
  const patience = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(patience);
}
