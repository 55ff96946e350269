import {
  addCounters,
  counterNames,
  type FlowRecord,
  type MutableCounters,
  strongerEvidence,
  zeroCounters,
} from '../../core/flow.ts';
import type { UnixMs } from '../../core/time.ts';

/** A record that is still being added to. */
export interface OpenRecord
  extends Omit<FlowRecord, 'counters' | 'directionBy' | 'firstSeenUnixMs' | 'lastSeenUnixMs'> {
  readonly counters: MutableCounters;
  directionBy: FlowRecord['directionBy'];
  firstSeenUnixMs: UnixMs;
  lastSeenUnixMs: UnixMs;
}

function isEmpty({ counters, drops }: OpenRecord): boolean {
  return counterNames.every((name) => counters[name] === 0) && Object.keys(drops).length === 0;
}

function targetKey(record: OpenRecord, address: string, port: number): string {
  return `${record.pod.uid} ${record.role} ${record.protocol} ${address} ${port}`;
}

/**
 * A pod sends to an address that the node translates, and its first packets are seen before that. Gives those counts to
 * the record of what is behind the address, if there is one; if there are several, each connection that was
 * established takes one of the SYNs, and what is left stays with the address. @returns the records that are not empty
 */
export function mergeTranslated(records: readonly OpenRecord[]): OpenRecord[] {
  const behind = new Map<string, OpenRecord[]>();
  for (const record of records) {
    if (record.seenAs === null) continue;
    const key = targetKey(record, record.seenAs.address, record.seenAs.port);
    const beside = behind.get(key);
    if (beside === undefined) behind.set(key, [record]);
    else beside.push(record);
  }
  if (behind.size === 0) return [...records];
  for (const record of records) {
    if (record.seenAs !== null) continue;
    const targets = behind.get(targetKey(record, record.remote, record.port)) ?? [];
    const [only, ...others] = targets;
    if (only === undefined) continue;
    if (others.length === 0) absorb(only, record);
    else spreadSyns(record, targets);
  }
  return records.filter((record) => record.seenAs !== null || !isEmpty(record));
}

function absorb(into: OpenRecord, from: OpenRecord): void {
  addCounters(into.counters, from.counters);
  Object.assign(from.counters, zeroCounters());
  into.directionBy = strongerEvidence(into.directionBy, from.directionBy);
  into.firstSeenUnixMs = Math.min(into.firstSeenUnixMs, from.firstSeenUnixMs);
  into.lastSeenUnixMs = Math.max(into.lastSeenUnixMs, from.lastSeenUnixMs);
}

function spreadSyns({ counters }: OpenRecord, targets: readonly OpenRecord[]): void {
  for (const target of targets) {
    const taken = Math.min(counters.synPackets, Math.max(0, target.counters.attempts - target.counters.synPackets));
    counters.synPackets -= taken;
    target.counters.synPackets += taken;
  }
}
