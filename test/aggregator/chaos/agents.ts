import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { NodeTraffic } from './ledger.ts';

const main = join(import.meta.dirname, 'agent-main.js');

/** An agent that is started again whenever it was killed, until it has sent all. */
export class ChaosAgent {
  readonly #argv: readonly string[];
  readonly #onAcknowledged: (batches: number) => void;
  #child: ChildProcess;
  kills = 0;

  constructor(folder: string, address: string, traffic: NodeTraffic, onAcknowledged: (batches: number) => void) {
    this.#argv = [main, folder, address, JSON.stringify(traffic)];
    this.#onAcknowledged = onAcknowledged;
    this.#child = this.#start();
  }

  #start(): ChildProcess {
    const child = spawn(process.execPath, this.#argv, { stdio: ['ignore', 'pipe', 'inherit'] });
    createInterface({ input: child.stdout }).on('line', (line) => this.#onAcknowledged(Number(line)));
    return child;
  }

  get isDone(): boolean {
    return this.#child.exitCode === 0;
  }

  /** kill -9, and a new start; nothing happens when it has sent all. */
  async killAndStart(): Promise<void> {
    if (await this.kill()) {
      this.kills++;
      this.#child = this.#start();
    }
  }

  /** @returns whether it was still running */
  async kill(): Promise<boolean> {
    if (this.#child.exitCode !== null) return false;
    const ended = once(this.#child, 'exit') as Promise<[number | null]>;
    this.#child.kill('SIGKILL');
    return (await ended)[0] === null;
  }

  /** Resolves when all is acknowledged. @throws Error when it failed */
  async done(): Promise<void> {
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
    if (this.#child.exitCode !== 0) throw new Error(`an agent ended with ${this.#child.exitCode}`);
  }
}
