import type { InsideProcess } from './inside-process.ts';

/** What python/load.py has done so far. */
export interface LoadCounts {
  readonly connections: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly datagrams: number;
}

export function readCounts(text: string): LoadCounts {
  return JSON.parse(text) as LoadCounts;
}

/** Waits until so many connections more were made than now. */
export async function afterMore(load: InsideProcess, connections: number): Promise<void> {
  const counts = async () => readCounts(await load.ask(''));
  const goal = (await counts()).connections + connections;
  while ((await counts()).connections < goal);
}
