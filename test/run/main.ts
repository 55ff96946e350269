/**
 * Runs the checks and the tests, says how each went, and closes with one line that counts assertions; a check (format,
 * lint) counts as one. With the names of rooms as arguments it runs those rooms' tests only.
 */
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type Job, type JobResult, runJob } from './job.ts';
import { addCounts, type Counts, closingLine, countsOf, failuresOf, noCounts, skipsOf } from './tap-output.ts';

const compiledTests = join(import.meta.dirname, '..');

/**
 * Rooms whose tests are long and take much of the machine: the kernel, a browser. One at a time from the beginning,
 * beside all others.
 */
const heavyRooms = ['lab', 'ui', 'bench', 'native', 'agent'];

const checks: readonly Job[] = [
  { name: 'format', command: 'node_modules/.bin/biome', args: ['format', '.'], tap: false },
  { name: 'lint', command: 'bash', args: ['scripts/lint.sh'], tap: false },
];

function roomOf(file: string): string {
  return file.split('/')[0] ?? '';
}

function testJob(file: string): Job {
  const path = join(compiledTests, file);
  return {
    name: file.replace(/\.test\.js$/, ''),
    command: process.execPath,
    args: ['--enable-source-maps', path],
    tap: true,
  };
}

const inCi = process.env['CI'] === 'true';
let total: Counts = noCounts;

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function report(job: Job, result: JobResult): void {
  const { output, exitStatus, elapsedMs } = result;
  const whole: Counts = exitStatus === 0 ? { ...noCounts, passed: 1 } : { ...noCounts, failed: 1 };
  const counts = job.tap ? countsOf(output, exitStatus) : whole;
  total = addCounts(total, counts);
  print(
    `${counts.failed > 0 ? 'FAIL' : 'ok  '} ${job.name.padEnd(48)} ${closingLine(counts)} (${(elapsedMs / 1000).toFixed(1)} s)`,
  );
  if (counts.failed > 0) print(job.tap ? failuresOf(output) : output);
  if (job.tap) for (const skip of skipsOf(output)) print(`     skipped: ${skip}`);
}

/** Runs jobs two at a time, one from the front and one from the back until they meet, and reports each as it ends. */
async function runFromBothEnds(jobs: readonly Job[]): Promise<void> {
  const waiting = [...jobs];
  const work = async (next: () => Job | undefined) => {
    for (let job = next(); job !== undefined; job = next()) report(job, await runJob(job));
  };
  await Promise.all([work(() => waiting.shift()), work(() => waiting.pop())]);
}

/** Where the tests of a room stand: heavy rooms first, in their order. */
function placeOf(file: string): number {
  const index = heavyRooms.indexOf(roomOf(file));
  return index === -1 ? heavyRooms.length : index;
}

const wanted = new Set(process.argv.slice(2));
const files = readdirSync(compiledTests, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.js') && (wanted.size === 0 || wanted.has(roomOf(file))))
  .sort();
if (files.length === 0)
  print(`no tests in ${relative('.', compiledTests)} of: ${[...wanted].join(', ') || 'any room'}`);

const tests = files.toSorted((a, b) => placeOf(a) - placeOf(b)).map(testJob);
await runFromBothEnds([...tests, ...(wanted.size === 0 ? checks : [])]);

const skipFails = inCi && total.skipped > 0;
if (skipFails) print('A skipped test is a failure here, because CI=true: make what it needs available.');
print(closingLine(total));
process.exitCode = files.length === 0 || total.failed > 0 || skipFails ? 1 : 0;
