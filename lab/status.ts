import { existsSync } from 'node:fs';
import { netnsOf } from './clean-up.ts';
import { isRunning, processesIn } from './process-identity.ts';
import { readRecord, recordDir } from './record.ts';

/** Whether a lab of this name stands, running or left behind. */
export function labExists(name: string): boolean {
  return existsSync(recordDir(name)) || netnsOf(name).length > 0;
}

/** What stands of a lab, in one line. */
export function labStatus(name: string): string {
  const record = readRecord(name);
  const namespaces = netnsOf(name);
  const processes = processesIn(namespaces.map((each) => `/run/netns/${each}`));
  const owner =
    record !== null && isRunning(record.owner) ? `process ${record.owner.pid} keeps it` : 'nobody keeps it any more';
  return `lab ${name}: ${namespaces.length} network namespaces, ${processes.length} processes; ${owner}`;
}
