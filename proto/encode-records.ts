import { type Address, addressToBytes } from '../core/address.ts';
import { type CounterName, counterNames, type FlowRecord } from '../core/flow.ts';
import type { PodRef } from '../core/identity.ts';
import { wireEvidence, wireProtocol, wireRole } from './names.ts';
import type * as wire from './wire.ts';

/** Numbers values in the order in which they are first asked for. */
class Dictionary<Value> {
  readonly values: Value[] = [];
  readonly #indices = new Map<string, number>();

  indexOf(key: string, make: () => Value): number {
    let index = this.#indices.get(key);
    if (index === undefined) {
      index = this.values.push(make()) - 1;
      this.#indices.set(key, index);
    }
    return index;
  }
}

/** A column that says nothing where nothing is in it. */
function sparse(column: readonly number[]): readonly number[] {
  return column.some((value) => value !== 0) ? column : [];
}

/** The columns of a batch that hold its rows, and what these refer to. */
export type RecordColumns = Omit<wire.Batch, 'id' | 'windowStartUnixMs' | 'windowEndUnixMs' | 'losses' | 'status'>;

/** Turns records into columns. @param startUnixMs of their window */
export function encodeRecords(records: readonly FlowRecord[], startUnixMs: number): RecordColumns {
  const pods = new Dictionary<PodRef>();
  const addresses = new Dictionary<Uint8Array>();
  const names = new Dictionary<string>();
  const reasons = new Dictionary<string>();
  const addressIndex = (address: Address) => addresses.indexOf(address, () => addressToBytes(address));
  const drops = records.flatMap((record, row) =>
    Object.entries(record.drops).map(([reason, packets]) => ({ row, reason, packets })),
  );
  const counters = Object.fromEntries(
    counterNames.map((name) => [name, sparse(records.map((record) => record.counters[name]))]),
  );
  const rowSeenAs = sparse(records.map(({ seenAs }) => (seenAs === null ? 0 : addressIndex(seenAs.address) + 1)));
  return {
    ...(counters as Record<CounterName, readonly number[]>),
    rowPod: records.map(({ pod }) => pods.indexOf(pod.uid, () => pod)),
    rowRole: records.map(({ role }) => wireRole[role]),
    rowDirectionBy: records.map(({ directionBy }) => wireEvidence[directionBy]),
    rowRemote: records.map(({ remote }) => addressIndex(remote)),
    rowPort: records.map(({ port }) => port),
    rowProtocol: records.map(({ protocol }) => wireProtocol[protocol]),
    rowSeenAs,
    rowSeenAsPort: rowSeenAs.length === 0 ? [] : records.map(({ seenAs }) => seenAs?.port ?? 0),
    rowRemoteName: sparse(
      records.map(({ remoteName }) => (remoteName === null ? 0 : names.indexOf(remoteName, () => remoteName) + 1)),
    ),
    rowFirstSeenMs: records.map(({ firstSeenUnixMs }) => firstSeenUnixMs - startUnixMs),
    rowLastSeenMs: records.map(({ lastSeenUnixMs }) => lastSeenUnixMs - startUnixMs),
    dropRow: drops.map(({ row }) => row),
    dropReason: drops.map(({ reason }) => reasons.indexOf(reason, () => reason)),
    dropPackets: drops.map(({ packets }) => packets),
    pods: pods.values,
    addresses: addresses.values,
    remoteNames: names.values,
    dropReasons: reasons.values,
  };
}
