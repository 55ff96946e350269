import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { WeirError } from '../core/errors.ts';
import type { Milliseconds } from '../core/time.ts';
import { removeCgroups } from './cgroups.ts';
import { mustRun } from './command.ts';
import { netnsPrefix, pinsDir } from './names.ts';
import { isRunning, type ProcessIdentity, processesIn, signalProcess } from './process-identity.ts';
import { readRecord, recordedProcesses, removeRecord } from './record.ts';

const netnsDir = '/run/netns';
/** In every state directory that a lab has made: without it the directory is somebody else's. */
const marker = '.weir-lab';

/** How long the owner of a lab that is taken over may take to stop by itself. */
const takeoverMs = 15_000;

export function netnsOf(lab: string): string[] {
  if (!existsSync(netnsDir)) return [];
  return readdirSync(netnsDir).filter((name) => name.startsWith(netnsPrefix(lab)));
}

/** Makes the state directory. @throws LAB when it holds something that no lab has made */
export async function createStateDir(path: string): Promise<void> {
  await mkdir(path, { recursive: true });
  const content = await readdir(path);
  if (content.length > 0 && !content.includes(marker)) {
    throw new WeirError('LAB', `${path} is not empty; name a directory that is empty or does not exist`);
  }
  writeFileSync(`${path}/${marker}`, '');
}

/** Waits until none of the processes runs any more; false when time is up. */
async function allEnded(processes: readonly ProcessIdentity[], withinMs: Milliseconds): Promise<boolean> {
  const endMs = performance.now() + withinMs;
  while (processes.some(isRunning)) {
    if (performance.now() > endMs) return false;
    await sleep(20);
  }
  return true;
}

/** Asks the process that owns a lab to stop, and ends it when it does not. */
async function stopOwner(lab: string, onProgress: (message: string) => void): Promise<void> {
  const record = readRecord(lab);
  if (record === null || record.owner.pid === process.pid || !isRunning(record.owner)) return;
  onProgress(`lab ${lab} still runs (process ${record.owner.pid}): asking it to stop`);
  signalProcess(record.owner, 'SIGTERM');
  if (await allEnded([record.owner], takeoverMs)) return;
  onProgress(`process ${record.owner.pid} did not stop within ${takeoverMs / 1000} s: ending it`);
  signalProcess(record.owner, 'SIGKILL');
  await allEnded([record.owner], takeoverMs);
}

/** Removes whatever is left of a lab of this name: processes, namespaces, files. Nothing else is touched. */
export async function cleanUp(lab: string, onProgress: (message: string) => void = () => undefined): Promise<void> {
  await stopOwner(lab, onProgress);
  const record = readRecord(lab);
  const namespaces = netnsOf(lab);
  const processes = [...processesIn(namespaces.map((name) => `${netnsDir}/${name}`)), ...recordedProcesses(lab)];
  for (const each of processes) signalProcess(each, 'SIGKILL');
  if (!(await allEnded(processes, 10_000))) {
    throw new WeirError('LAB', `processes of the lab ${lab} could not be ended`, {
      detail: { pids: processes.filter(isRunning).map(({ pid }) => pid) },
    });
  }
  // What is pinned in the kernel goes with its files.
  rmSync(pinsDir(lab), { recursive: true, force: true });
  await removeCgroups(lab);
  if (namespaces.length > 0) {
    await mustRun(['ip', '-batch', '-'], { input: namespaces.map((name) => `netns del ${name}\n`).join('') });
  }
  if (record !== null && existsSync(`${record.stateDir}/${marker}`)) {
    rmSync(record.stateDir, { recursive: true, force: true });
  }
  removeRecord(lab);
}
