import type { Edge, Observation } from '../core/edge.ts';
import { droppedPackets } from '../core/flow.ts';
import { type Entity, entityLabel } from '../core/identity.ts';
import type { Milliseconds, UnixMs } from '../core/time.ts';
import type * as wire from '../proto/wire.ts';
import { portText } from './port-text.ts';

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

export function servicesText({ services }: Edge): string {
  return services.map(({ namespace, name }) => `${namespace}/${name}`).join(', ');
}

/** So many names of a server are shown, and the others counted. */
const maxShownNames = 3;

/** An end of an edge, with the names that pods asked for where it is outside: `203.0.113.10 (api.example.com)`. */
export function endText(entity: Entity, names: readonly string[]): string {
  const label = entityLabel(entity);
  if (entity.type !== 'external' || names.length === 0) return label;
  const more = names.length - maxShownNames;
  const shown = [...names.slice(0, maxShownNames), ...(more > 0 ? [`and ${more} more`] : [])];
  return `${label} (${shown.join(', ')})`;
}

export function serverText({ server, merged }: Edge): string {
  return endText(server, merged.serverNames);
}

/** Who to whom, in one line. */
export function endsText(edge: Edge): string {
  return `${entityLabel(edge.client)} -> ${serverText(edge)}`;
}

/** Who to whom on which port, in one line. */
export function edgeText(edge: Edge): string {
  return `${endsText(edge)} ${portText(edge)}`;
}

/** The mean round-trip time: `0.04 ms`, `0.2 ms`, `12 ms`; empty where none was measured. */
export function rttText({ counters: { rttMicros, rttSamples } }: Observation): string {
  if (rttSamples === 0) return '';
  const ms = rttMicros / rttSamples / 1000;
  return `${ms.toFixed(ms < 0.1 ? 2 : ms < 10 ? 1 : 0)} ms`;
}

export function workloadText(workload: wire.WorkloadRef | null): string {
  return workload === null ? '' : `${workload.namespace}/${workload.kind.toLowerCase()}/${workload.name}`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
