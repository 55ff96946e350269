import { type ChildProcess, spawn } from 'node:child_process';
import type { TestPod } from '../test/agent/pod-wiring.ts';
import type { Run } from './bench.ts';
import { compileLoad } from './compile.ts';

/** What a load generator counted. */
export interface LoadReport {
  /** That were established; a server's are those that it accepted. */
  readonly connections: number;
  readonly failed: number;
  readonly transactions: number;
  readonly seconds: number;
}

/** How long a process may take to end when it is asked to. */
const graceMs = 2000;

/** One run of bench/load/load.c in a pod. */
export class LoadProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  readonly #what: string;
  #output = '';

  constructor(program: string, pod: TestPod, argv: readonly string[], cpu: number | null) {
    this.#what = `load ${argv.join(' ').slice(0, 80)} in ${pod.name}`;
    const pinned = cpu === null ? [] : ['taskset', '--cpu-list', String(cpu)];
    const command = [`--net=/run/netns/${pod.netns}`, ...pinned, program, ...argv];
    this.#child = spawn('nsenter', command, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      this.#output += chunk.toString();
    });
    this.#ended = new Promise((resolve, reject) => {
      this.#child.once('close', resolve);
      this.#child.once('error', reject);
    });
  }

  /** Waits until it serves, or holds what it should. @throws Error when it ends instead */
  async ready(): Promise<void> {
    const isReady = () => this.#output.startsWith('ready\n');
    if (isReady()) return;
    await new Promise<void>((resolve, reject) => {
      this.#child.stdout?.on('data', () => {
        if (isReady()) resolve();
      });
      void this.#ended.then(() => reject(new Error(`${this.#what} ended before it was ready`)), reject);
    });
  }

  /** Waits until it has ended by itself. @throws Error when it failed */
  async report(): Promise<LoadReport> {
    const status = await this.#ended;
    if (status !== 0) throw new Error(`${this.#what} ended with status ${status}`);
    const lines = this.#output.trimEnd().split('\n');
    return JSON.parse(lines.at(-1) ?? '') as LoadReport;
  }

  /** Asks it to end, and ends it when it does not. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGTERM');
    const late = setTimeout(() => this.#child.kill('SIGKILL'), graceMs);
    await this.#ended;
    clearTimeout(late);
  }
}

/** Starts load generators, and ends those that still run when the bench ends. */
export class Load {
  readonly #program = compileLoad();
  readonly #run: Run;
  readonly #processes: LoadProcess[] = [];

  constructor(run: Run) {
    this.#run = run;
    run.abort.addEventListener('abort', () => void this.stop(), { once: true });
    run.undo.later(() => this.stop());
  }

  async stop(): Promise<void> {
    await Promise.all(this.#processes.map((each) => each.stop()));
  }

  /** @param cpu the only one that it may run on; null for all */
  start(pod: TestPod, argv: readonly (string | number)[], cpu: number | null = null): LoadProcess {
    this.#run.abort.throwIfAborted();
    const load = new LoadProcess(this.#program, pod, argv.map(String), cpu);
    this.#processes.push(load);
    return load;
  }

  /** Starts a server and waits until it serves. @param ports as FIRST-LAST */
  async serve(pod: TestPod, ports: string, cpu: number | null = null): Promise<LoadProcess> {
    const server = this.start(pod, ['serve', ports, maxServeSeconds], cpu);
    await server.ready();
    return server;
  }

  /** Runs a client to its end. */
  async client(pod: TestPod, argv: readonly (string | number)[], cpu: number | null = null): Promise<LoadReport> {
    return await this.start(pod, argv, cpu).report();
  }
}

/** Longer than any bench; a server ends when the bench does. */
const maxServeSeconds = 3600;
