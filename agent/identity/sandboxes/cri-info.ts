import { z } from 'zod';

/** Where a sandbox's network namespace can be found; both empty when the runtime does not tell. */
export interface SandboxPlace {
  /** File that holds it open; empty when there is none. */
  readonly netnsPath: string;
  /** A process in it; 0 when there is none. */
  readonly pid: number;
}

/** What containerd and CRI-O both put into `info`, at different depths of it. */
const details = z.object({
  pid: z.number().int().nonnegative().optional(),
  runtimeSpec: z
    .object({
      linux: z.object({ namespaces: z.array(z.object({ type: z.string(), path: z.string().optional() })) }),
    })
    .optional(),
});

/** Reads the verbose answer of PodSandboxStatus. Null when no part of it can be read. */
export function placeOf(info: Readonly<Record<string, string>>): SandboxPlace | null {
  for (const text of Object.values(info)) {
    let given: unknown;
    try {
      given = JSON.parse(text);
    } catch {
      continue;
    }
    const parsed = details.safeParse(given);
    if (!parsed.success) continue;
    const { pid = 0, runtimeSpec } = parsed.data;
    const netnsPath = runtimeSpec?.linux.namespaces.find(({ type }) => type === 'network')?.path ?? '';
    if (pid > 0 || netnsPath !== '') return { netnsPath, pid };
  }
  return null;
}
