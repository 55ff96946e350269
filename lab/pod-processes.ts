import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { WeirError } from '../core/errors.ts';
import { recordProcess } from './record.ts';

/** A process that runs for as long as the lab, its output in a log file. */
export interface LabProcess {
  readonly pid: number;
  readonly logFile: string;
  /** Exit status, or the signal that ended it; null while it runs. */
  ended(): string | null;
}

/** Starts a process and writes it down. It is in a session of its own: Ctrl-C in the terminal is for the lab alone. */
export async function startProcess(lab: string, argv: readonly string[], logFile: string): Promise<LabProcess> {
  await mkdir(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a');
  const child = spawn(argv[0] as string, argv.slice(1), { detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  let ended: string | null = null;
  child.on('exit', (code, signal) => {
    ended = signal ?? `status ${code}`;
  });
  await new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) => {
      reject(new WeirError('LAB', `${argv[0]} could not be started (${cause.message}); run npm run setup`, { cause }));
    });
  });
  const pid = child.pid as number;
  recordProcess(lab, pid);
  // The lab keeps its owner alive on purpose or not at all: its processes are no reason for it to go on.
  child.unref();
  return { pid, logFile, ended: () => ended };
}

/** The last lines of a log, for an error message. */
export async function logTail(logFile: string, lines = 8): Promise<string> {
  const text = await readFile(logFile, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-lines).join('\n');
}

/** Writes the files of a program. */
export async function writeProgramFiles(directory: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(`${directory}/${name}`, text);
}
