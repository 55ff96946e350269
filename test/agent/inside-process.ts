import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

/** A network namespace by its name below /run/netns. */
export interface Place {
  readonly netns: string;
}

/** Tests run from dist; Python is run where it was written. */
const pythonFolder = join(import.meta.dirname, '..', '..', '..', 'test', 'agent', 'python');

/** The command that runs one of the Python programs beside these tests, with Debian's interpreter. */
export function pythonProgram(program: string, argv: readonly (string | number)[]): string[] {
  return ['/usr/bin/python3', '-u', join(pythonFolder, `${program}.py`), ...argv.map(String)];
}

const patienceMs = 20_000;

/** A process inside a network namespace that is talked to by lines. */
export class InsideProcess {
  readonly #child: ChildProcess;
  readonly #what: string;
  readonly place: Place;
  #output = '';
  #seen = 0;
  #news: () => void = () => undefined;

  constructor(place: Place, argv: readonly string[]) {
    this.place = place;
    this.#what = argv.join(' ').slice(0, 200);
    this.#child = spawn('nsenter', [`--net=/run/netns/${place.netns}`, ...argv], {
      stdio: 'pipe',
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString();
        this.#news();
      });
    }
    this.#child.once('close', () => this.#news());
    // One that has ended reads no more; what it had to say is asked for by `until`.
    this.#child.stdin?.on('error', () => undefined);
  }

  get pid(): number {
    return this.#child.pid ?? Number.NaN;
  }

  get #ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Waits until something that was not waited for before is printed, and gives it. @throws Error when it ends first */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    const deadline = Date.now() + patienceMs;
    for (;;) {
      const found = pattern.exec(this.#output.slice(this.#seen));
      if (found !== null) {
        this.#seen += found.index + found[0].length;
        return found;
      }
      const left = deadline - Date.now();
      if (this.#ended || left <= 0) throw new Error(`${this.#what}: ${pattern} was not printed: ${this.#output}`);
      await this.#change(left);
    }
  }

  async #change(timeoutMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#news = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Says a line and waits for the line that answers it. */
  async ask(line: string): Promise<string> {
    this.#child.stdin?.write(`${line}\n`);
    return (await this.until(/^.*\n/m))[0].trim();
  }

  /** Says lines, one after the other. @throws Error when one is not answered by `ok` */
  async must(...lines: readonly string[]): Promise<void> {
    for (const line of lines) {
      const answer = await this.ask(line);
      if (answer !== 'ok') throw new Error(`${line}: ${answer}`);
    }
  }

  /** Closes its input, waits until it ends, and gives what it printed that was not waited for before. */
  async finish(): Promise<string> {
    this.#child.stdin?.end();
    while (!this.#ended) await this.#change(patienceMs);
    if (this.#child.exitCode !== 0) {
      throw new Error(`${this.#what} ended with ${this.#child.exitCode}: ${this.#output}`);
    }
    return this.#output.slice(this.#seen);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.#ended) return;
    const closed = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.kill(signal);
    await closed;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  kill(): void {
    if (!this.#ended) this.#child.kill('SIGKILL');
  }
}
