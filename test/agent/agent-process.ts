import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { TestNode } from './node-fixture.ts';

const main = join(import.meta.dirname, '..', '..', 'agent', 'main.js');

/** The real agent in a node's network namespace. */
export class AgentProcess {
  readonly #child: ChildProcess;
  log = '';

  constructor(node: TestNode, aggregator: string, flags: readonly string[] = []) {
    const argv = ['--cluster', 'test', '--node', 'n1', '--aggregator', aggregator, '--window', '200ms'];
    const places = ['--cni-results', node.cniResults, '--spool', join(node.folder, 'spool')];
    const command = [`--net=/run/netns/${node.netns}`, process.execPath, main, ...argv, ...places, ...flags];
    this.#child = spawn('nsenter', command, { stdio: ['ignore', 'inherit', 'pipe'] });
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.log += chunk.toString();
    });
  }

  /** @throws Error when it could not be started */
  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('the agent was not started');
    return this.#child.pid;
  }

  /** Null while it runs. */
  get exitStatus(): number | null {
    return this.#child.exitCode;
  }

  /** @returns the exit status, null when a signal ended it */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return this.#child.exitCode;
    const ended = new Promise<number | null>((resolve) => this.#child.once('exit', resolve));
    this.#child.kill(signal);
    return await ended;
  }

  async exited(): Promise<number | null> {
    if (this.#child.exitCode !== null) return this.#child.exitCode;
    return await new Promise((resolve) => this.#child.once('exit', resolve));
  }
}
