import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Test } from 'tap';

const main = join(import.meta.dirname, '../../lab/kube-api/main.js');

/** The API server of the lab in a process of its own, if need be in a network namespace. */
export class ApiProcess {
  readonly #child: ChildProcess;
  readonly said: string[];

  /** Resolves when it listens. @param kubeconfig where it writes how to get there */
  static async start(
    t: Test,
    manifests: string,
    kubeconfig: string,
    { flags = [], netns = null }: { readonly flags?: readonly string[]; readonly netns?: string | null } = {},
  ): Promise<ApiProcess> {
    const argv = [process.execPath, main, '--manifests', manifests, '--kubeconfig', kubeconfig, ...flags];
    const inside = netns === null ? [] : ['nsenter', `--net=/run/netns/${netns}`];
    const [command = '', ...args] = [...inside, ...argv];
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const said: string[] = [];
    await new Promise<void>((resolve, reject) => {
      createInterface({ input: child.stderr }).on('line', (line) => {
        said.push(line);
        if (line.includes(' objects of ')) resolve();
      });
      child.once('exit', () => reject(new Error(said.join('\n'))));
    });
    const api = new ApiProcess(child, said);
    t.teardown(() => api.end());
    return api;
  }

  private constructor(child: ChildProcess, said: string[]) {
    this.#child = child;
    this.said = said;
  }

  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exit = once(this.#child, 'exit');
      this.#child.kill(signal);
      await exit;
    }
    return this.#child.exitCode;
  }
}
