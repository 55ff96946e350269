import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';

/** A process for certain: a number may be given to another process later, the start time tells them apart. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/<pid>/stat: clock ticks since boot. */
  readonly startTime: string;
}

/** The identity of a running process; null when there is none (a zombie does not run, once its threads have ended). */
export function identityOf(pid: number): ProcessIdentity | null {
  try {
    // The command in parentheses may hold anything, so the fields are counted from its end: state is the third, and
    // the number of threads the twentieth.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const startTime = fields[22 - 3];
    const ended = fields[0] === 'Z' && Number(fields[20 - 3]) <= 1;
    return startTime === undefined || ended ? null : { pid, startTime };
  } catch {
    return null;
  }
}

export function isRunning(process: ProcessIdentity): boolean {
  return identityOf(process.pid)?.startTime === process.startTime;
}

/** Sends a signal to a process, unless it has ended or its number belongs to another one now. */
export function signalProcess(target: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isRunning(target)) return;
  try {
    process.kill(target.pid, signal);
  } catch (error) {
    // It may end between the look and the signal.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** All processes that live in one of the given network namespaces (paths as in /run/netns). */
export function processesIn(netnsPaths: readonly string[]): ProcessIdentity[] {
  const wanted = new Set<string>();
  for (const path of netnsPaths) wanted.add(`net:[${statSync(path).ino}]`);
  const found: ProcessIdentity[] = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      if (!wanted.has(readlinkSync(`/proc/${entry}/ns/net`))) continue;
    } catch {
      continue; // it has ended meanwhile
    }
    const identity = identityOf(Number(entry));
    if (identity !== null) found.push(identity);
  }
  return found;
}
