import { spawn } from 'node:child_process';

/** Something to run: a test file, or a check that passes or fails as a whole. */
export interface Job {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Whether its output is TAP, of which every assertion counts. */
  readonly tap: boolean;
}

export interface JobResult {
  readonly exitStatus: number | null;
  /** Standard output and standard error, in the order in which they came. */
  readonly output: string;
  readonly elapsedMs: number;
}

/** Longest that one job may take. */
const limitMs = 600_000;

/** Longest that a test file may take that does not say how long it takes: tap's own 30 s are short on a busy machine. */
const tapLimitSeconds = '120';

/** What is kept of a job's output, in characters: its end, where the summary and the last failures are. */
const keptOutput = 4_000_000;

/** Runs a job to its end. It gets no standard input, and is killed when it hangs. */
export async function runJob(job: Job): Promise<JobResult> {
  const startedMs = performance.now();
  const child = spawn(job.command, job.args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...(job.tap ? { TAP: '1', TAP_TIMEOUT: tapLimitSeconds } : { TAP: undefined }) },
  });
  const limit = setTimeout(() => child.kill('SIGKILL'), limitMs);
  let output = '';
  const keep = (text: string) => {
    output = (output + text).slice(-keptOutput);
  };
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  await new Promise<void>((resolve) => {
    child.on('close', () => resolve());
    child.on('error', (error) => {
      keep(`${error.message}\n`);
      resolve();
    });
  });
  clearTimeout(limit);
  if (child.signalCode !== null) keep(`${job.name} was ended by ${child.signalCode}\n`);
  return { exitStatus: child.exitCode, output, elapsedMs: performance.now() - startedMs };
}
