import type { Address } from '../../core/address.ts';
import { type FlowRecord, zeroCounters } from '../../core/flow.ts';
import { compareBatchIds } from '../../agent/spool/batch-id.ts';
import { readContent } from '../../agent/spool/merge.ts';
import { Spool, type Taken, type WindowContent } from '../../agent/spool/spool.ts';
import { defaultLimits } from '../../proto/limits.ts';
import type { AgentStatus } from '../../proto/wire.ts';
import { columnsOf } from '../../proto/row-sums.ts';
import { batchOfColumns } from '../proto/columns.ts';

/** What an agent says of itself where nobody looks at it. */
export const anyStatus: AgentStatus = {
  version: '0',
  kernel: '6',
  interfacesAttached: 0,
  podsResolved: 0,
  unresolvedInterfaces: [],
  cnis: [],
  resolvedByMeans: {},
  unresolvedByReason: {},
  identitySources: [],
  batchesPending: 0,
  windowMs: 15_000,
  spoolBytes: 0,
  spoolMaxBytes: 0,
  certificate: null,
  features: [],
};

export const noState = new Uint8Array();
export const windowMs = 5_000;
const firstStartUnixMs = 1_700_000_000_000;

/** @param maxBytes of the spool; a segment has a 64th of it */
export function openSpool(folder: string, epoch: number, maxBytes = 1 << 20, random = () => 0): Spool {
  return new Spool(folder, { maxBytes, limits: defaultLimits, random }, epoch);
}

/** A call to one of `ports` far ends, with so many connections. */
export function call(port: number, established = 1): FlowRecord {
  return {
    pod: { namespace: 'shop', name: 'cart-1', uid: 'u1' },
    role: 'client',
    directionBy: 'handshake',
    remote: '10.1.0.2' as Address,
    port,
    protocol: 'TCP',
    seenAs: null,
    remoteName: null,
    counters: { ...zeroCounters(), attempts: established, established },
    drops: {},
    firstSeenUnixMs: firstStartUnixMs,
    lastSeenUnixMs: firstStartUnixMs,
  };
}

/** The window that a number stands for. */
export function windowOf(number: number, records: readonly FlowRecord[] = []): WindowContent {
  const startUnixMs = firstStartUnixMs + number * windowMs;
  const moved = records.map((record) => ({ ...record, firstSeenUnixMs: startUnixMs, lastSeenUnixMs: startUnixMs }));
  return { window: { startUnixMs, endUnixMs: startUnixMs + windowMs }, losses: {}, rows: columnsOf(moved) };
}

/** Takes everything that waits, as an exporter would. */
export function takeAll(spool: Spool): Taken[] {
  const all: Taken[] = [];
  for (let taken = spool.take(null, 1); taken !== null; taken = spool.take(taken.label.id, 1)) all.push(taken);
  return all.toSorted((a, b) => compareBatchIds(a.label.id, b.label.id));
}

export function batchOf(taken: Taken) {
  return batchOfColumns(readContent(taken));
}

/** Connections in a batch. */
export function establishedIn(taken: Taken): number {
  return batchOf(taken).records.reduce((sum, { counters }) => sum + counters.established, 0);
}
