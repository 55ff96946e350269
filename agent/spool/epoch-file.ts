import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const epochFile = 'epoch';

/** The latest epoch that was kept in a folder; 0 when there is none. */
export function readEpoch(folder: string): number {
  try {
    const epoch = Number(readFileSync(join(folder, epochFile), 'utf8'));
    return Number.isSafeInteger(epoch) ? epoch : 0;
  } catch {
    // The first start in this folder.
    return 0;
  }
}

/** @throws Error of the file system */
export function keepEpoch(folder: string, epoch: number): void {
  const path = join(folder, epochFile);
  writeFileSync(`${path}.tmp`, String(epoch));
  renameSync(`${path}.tmp`, path);
}
