import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, WeirError } from '../core/errors.ts';
import { abortOnSignals } from '../lab/signals.ts';
import { agent } from './agent.ts';
import { agents } from './agents.ts';
import type { Bench } from './bench.ts';
import { capture } from './capture.ts';
import { edges } from './edges.ts';
import { fresh } from './fresh.ts';
import { identity } from './identity.ts';
import { ingest } from './ingest.ts';
import { loadAverage } from './machine.ts';
import { type BenchOptions, readOptions } from './options.ts';
import { overhead } from './overhead.ts';
import { hasOwnMounts, runWithOwnMounts } from './own-mounts.ts';
import { policy } from './policy.ts';
import { preexisting } from './preexisting.ts';
import { query } from './query.ts';
import { renderReport } from './report.ts';
import { ui } from './ui.ts';
import { Undo } from './undo.ts';
import { wireBench } from './wire.ts';

const benches: readonly Bench[] = [
  capture,
  edges,
  fresh,
  preexisting,
  overhead,
  agent,
  identity,
  wireBench,
  policy,
  query,
  ingest,
  agents,
  ui,
];

/** As a shell has it for a process that SIGINT ended. */
const interruptedStatus = 130;
const signalMs = 50;

function list(): void {
  for (const { name, sentence } of benches) process.stdout.write(`${name.padEnd(12)} ${sentence}\n`);
}

function benchOf(name: string): Bench {
  const bench = benches.find((each) => each.name === name);
  if (bench !== undefined) return bench;
  const names = benches.map((each) => each.name).join(', ');
  throw new WeirError('USAGE', `there is no bench ${name}; there are ${names}`);
}

async function run(bench: Bench, { rounds, seconds, json }: BenchOptions): Promise<void> {
  const abort = abortOnSignals();
  const undo = new Undo();
  const before = loadAverage();
  try {
    const result = await bench.run({
      rounds: rounds ?? bench.rounds,
      seconds: seconds ?? bench.seconds,
      abort,
      undo,
      progress: (text) => process.stderr.write(`${bench.name}: ${text}\n`),
    });
    const text = json ? `${JSON.stringify(result.json)}\n` : renderReport(bench.name, result, [before, loadAverage()]);
    process.stdout.write(text);
  } catch (error) {
    // What a signal interrupts fails before the signal itself is heard of.
    await sleep(signalMs);
    if (!abort.aborted) throw error;
    // What failed because everything was ended is no news.
    process.stderr.write(`bench: ${messageOf(abort.reason)}\n`);
    process.exitCode = interruptedStatus;
  } finally {
    await undo.now();
  }
}

try {
  const options = readOptions(process.argv.slice(2), (text) => process.stdout.write(text));
  if (options?.name === null) list();
  else if (options !== null) {
    const bench = benchOf(options.name);
    if (hasOwnMounts()) await run(bench, options);
    else process.exitCode = await runWithOwnMounts();
  }
} catch (error) {
  process.stderr.write(`bench: ${messageOf(error)}\n`);
  process.exitCode = error instanceof WeirError ? error.exitStatus : 1;
}
