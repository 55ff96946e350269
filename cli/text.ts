import type { Edge } from '../core/edge.ts';
import { droppedPackets } from '../core/flow.ts';
import { entityLabel } from '../core/identity.ts';
import type { Milliseconds, UnixMs } from '../core/time.ts';
import type * as wire from '../proto/wire.ts';

/**
 * Makes text from the cluster safe to print: a name must not move the cursor, recolour the terminal, or turn the
 * direction of writing. Such characters become \x.. or \u.....
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}]/gu, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** `0 B`, `980 B`, `1.5 KiB`, `12 MiB`. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < byteUnits.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 || value >= 10 ? Math.round(value) : value.toFixed(1)} ${byteUnits[unit]}`;
}

const ageUnits: readonly (readonly [Milliseconds, string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
  [1000, 's'],
];

/** How long ago, as kubectl puts it: `3s`, `12m`, `5h`, `2d`. */
export function ageText(then: UnixMs, now: UnixMs): string {
  const age = Math.max(0, now - then);
  const [size, unit] = ageUnits.find(([each]) => age >= each) ?? [1000, 's'];
  return `${Math.floor(age / size)}${unit}`;
}

/** Verdict with what speaks for it: `dropped (NETFILTER_DROP)`, and drops beside a success too. */
export function verdictText({ verdict, merged }: Edge): string {
  const packets = droppedPackets(merged.drops);
  if (packets === 0) return verdict;
  const reasons = Object.keys(merged.drops).toSorted().join(', ');
  return verdict === 'dropped' ? `dropped (${reasons})` : `${verdict}, ${packets} dropped (${reasons})`;
}

export function portText({ port, protocol }: Pick<Edge, 'port' | 'protocol'>): string {
  return `${port}/${protocol}`;
}

export function servicesText({ services }: Edge): string {
  return services.map(({ namespace, name }) => `${namespace}/${name}`).join(', ');
}

/** Who to whom on which port, in one line. */
export function edgeText(edge: Edge): string {
  return `${entityLabel(edge.client)} -> ${entityLabel(edge.server)} ${portText(edge)}`;
}

export function workloadText(workload: wire.WorkloadRef | null): string {
  return workload === null ? '' : `${workload.namespace}/${workload.kind.toLowerCase()}/${workload.name}`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
