import { spawn } from 'node:child_process';
import { WeirError } from '../core/errors.ts';
import type { Milliseconds } from '../core/time.ts';

export interface CommandResult {
  /** Exit status; 124 when the time was up, 128 + signal number is not used: a signal gives 1. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly input?: string;
  readonly timeoutMs?: Milliseconds;
}

/** What a command may print before the rest is dropped. */
const maxOutputBytes = 16 << 20;

/** Runs a command to its end and gives what it said, whatever its exit status. @throws LAB when it cannot be started */
export function runCommand(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const [file, ...args] = argv as [string, ...string[]];
  return new Promise((resolve, reject) => {
    // A group of its own, so that the time limit ends what the command has started too.
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    let bytes = 0;
    let late = false;
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= maxOutputBytes) output[name].push(chunk);
      });
    }
    const timer = setTimeout(() => {
      late = true;
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, options.timeoutMs ?? 60_000);
    child.on('error', (cause) => {
      clearTimeout(timer);
      reject(new WeirError('LAB', `${file} could not be started (${cause.message}); run npm run setup`, { cause }));
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      const text = (name: 'stdout' | 'stderr') => Buffer.concat(output[name]).toString();
      resolve({ code: late ? 124 : (code ?? 1), stdout: text('stdout'), stderr: text('stderr') });
    });
    // The command may end without reading its input: its exit status says so better than EPIPE would.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
}

/** Runs a command that has to succeed and gives its standard output. @throws LAB with what the command complained of */
export async function mustRun(argv: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await runCommand(argv, options);
  if (code === 0) return stdout;
  const said = stderr.trim().split('\n').slice(0, 5).join('; ');
  throw new WeirError('LAB', `${argv.slice(0, 4).join(' ')} ended with status ${code}: ${said}`);
}
