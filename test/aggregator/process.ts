import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const main = join(import.meta.dirname, '../../aggregator/main.js');

export interface Listening {
  readonly addresses: readonly string[];
  readonly metricsAddress: string;
  readonly httpAddress: string;
}

/** An aggregator in a process of its own. */
export class AggregatorProcess {
  readonly listening: Listening;
  readonly #child: ChildProcess;

  /**
   * Resolves when it listens. @param within a command that runs another, such as nsenter
   * @throws Error with its last words when it ends first
   */
  static async start(args: readonly string[], within: readonly string[] = []): Promise<AggregatorProcess> {
    const own = [process.execPath, '--enable-source-maps', main, '--http-listen', '127.0.0.1:0', ...args];
    const [command = '', ...argv] = [...within, ...own];
    const child = spawn(command, argv, { stdio: ['ignore', 'ignore', 'pipe'] });
    const said: string[] = [];
    const lines = createInterface({ input: child.stderr as NodeJS.ReadableStream });
    const listening = await new Promise<Listening>((resolve, reject) => {
      lines.on('line', (line) => {
        said.push(line);
        if (line.includes('"msg":"listening"')) resolve(JSON.parse(line) as Listening);
      });
      child.once('exit', () => reject(new Error(said.slice(-5).join('\n'))));
    });
    return new AggregatorProcess(child, listening);
  }

  private constructor(child: ChildProcess, listening: Listening) {
    this.#child = child;
    this.listening = listening;
  }

  /** Lets it hang: its connections stay, and it does nothing any more. */
  hang(): void {
    this.#child.kill('SIGSTOP');
  }

  /** Resolves with the exit status when it has ended; null after SIGKILL. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return this.#child.exitCode;
    const exit = once(this.#child, 'exit') as Promise<[number | null]>;
    this.#child.kill(signal);
    return (await exit)[0];
  }
}
