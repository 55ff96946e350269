import {
  addCounters,
  addDrops,
  type Endpoint,
  type FlowRecord,
  type MutableCounters,
  type Protocol,
  type Role,
  zeroCounters,
} from '../../core/flow.ts';
import type { TestPod } from './pod-wiring.ts';

/** Which records are meant; what is left out may be anything. */
export interface Wanted {
  readonly pod: TestPod;
  readonly role?: Role;
  readonly remote?: string;
  readonly port?: number;
  readonly protocol?: Protocol;
  readonly seenAs?: Endpoint | null;
}

export interface Sum extends MutableCounters {
  readonly drops: Record<string, number>;
}

function sameEndpoint(a: Endpoint | null, b: Endpoint | null): boolean {
  return a?.address === b?.address && a?.port === b?.port;
}

export function recordsOf(records: readonly FlowRecord[], wanted: Wanted): FlowRecord[] {
  const { pod, role, remote, port, protocol, seenAs } = wanted;
  return records.filter(
    (each) =>
      each.pod.uid === `uid-${pod.name}` &&
      (role === undefined || each.role === role) &&
      (remote === undefined || each.remote === remote) &&
      (port === undefined || each.port === port) &&
      (protocol === undefined || each.protocol === protocol) &&
      (seenAs === undefined || sameEndpoint(each.seenAs, seenAs)),
  );
}

/** The sum of all reports that are wanted. */
export function sumOf(records: readonly FlowRecord[], wanted: Wanted): Sum {
  const sum = { ...zeroCounters(), drops: {} };
  for (const { counters, drops } of recordsOf(records, wanted)) {
    addCounters(sum, counters);
    addDrops(sum.drops, drops);
  }
  return sum;
}

/** How the direction of all reports that are wanted was known, each way once. */
export function evidenceOf(records: readonly FlowRecord[], wanted: Wanted): string[] {
  return [...new Set(recordsOf(records, wanted).map(({ directionBy }) => directionBy))].toSorted();
}

/** An edge in one line, as it stands in a failed comparison: `client as client TCP 10.9.0.2 8080`. */
export function edgeText({ pod, role, protocol, remote, port, seenAs }: FlowRecord): string {
  const seen = seenAs === null ? '' : ` seen as ${seenAs.address} ${seenAs.port}`;
  return `${pod.name} as ${role} ${protocol} ${remote} ${port}${seen}`;
}

/** Every edge that was reported, once, in order: to be compared with all that there may be. */
export function edgesOf(records: readonly FlowRecord[]): string[] {
  return [...new Set(records.map(edgeText))].toSorted();
}
