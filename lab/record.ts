import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { WeirError } from '../core/errors.ts';
import { identityOf, type ProcessIdentity } from './process-identity.ts';

/** Everything that a lab has made is written down here before it is made, so that the next start can remove it. */
export const recordRoot = '/run/weir-lab';

export interface LabRecord {
  readonly owner: ProcessIdentity;
  readonly stateDir: string;
}

export function recordDir(lab: string): string {
  return `${recordRoot}/${lab}`;
}

const labFile = (lab: string) => `${recordDir(lab)}/lab.json`;
const processesFile = (lab: string) => `${recordDir(lab)}/processes`;

/** Writes down that this process builds a lab. @throws LAB when another process has begun to do so at the same time */
export function createRecord(lab: string, stateDir: string): void {
  const record: LabRecord = { owner: identityOf(process.pid) as ProcessIdentity, stateDir };
  mkdirSync(recordDir(lab), { recursive: true });
  try {
    writeFileSync(labFile(lab), JSON.stringify(record), { flag: 'wx' });
  } catch (cause) {
    throw new WeirError('LAB', `another process is building the lab ${lab}; stop it, or choose another name`, {
      cause,
    });
  }
}

/** What is written down of a lab; null when nothing is, or what is there was cut off by a crash. */
export function readRecord(lab: string): LabRecord | null {
  try {
    return JSON.parse(readFileSync(labFile(lab), 'utf8')) as LabRecord;
  } catch {
    return null;
  }
}

/** Writes down a process that the lab has started. */
export function recordProcess(lab: string, pid: number): void {
  const identity = identityOf(pid);
  if (identity !== null) appendFileSync(processesFile(lab), `${identity.pid} ${identity.startTime}\n`);
}

export function recordedProcesses(lab: string): ProcessIdentity[] {
  const file = processesFile(lab);
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => /^(\d+) (\d+)$/.exec(line))
    .filter((match) => match !== null)
    .map((match) => ({ pid: Number(match[1]), startTime: match[2] as string }));
}

export function removeRecord(lab: string): void {
  rmSync(recordDir(lab), { recursive: true, force: true });
}
