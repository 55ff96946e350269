import { type Address, addressFromBytes, addressToBytes } from '../core/address.ts';
import { messageOf } from '../core/errors.ts';
import {
  type Batch,
  type CounterName,
  counterNames,
  type Drops,
  type FlowCounters,
  type FlowRecord,
} from '../core/flow.ts';
import type { PodRef } from '../core/identity.ts';
import { encodeLosses } from './convert-coverage.ts';
import { byteFormOf } from './load.ts';
import { coreProtocol, coreRole, isCountName, wireProtocol, wireRole } from './names.ts';
import type * as wire from './wire.ts';

/** A batch that was read, with the status that its agent sent along; or why it could not be read. */
export type DecodedBatch =
  | { readonly ok: true; readonly batch: Batch; readonly status: wire.AgentStatus | null }
  | { readonly ok: false; readonly message: string };

/** The longest window that is believed, in milliseconds: a day. */
const maxWindowMs = 86_400_000;

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

function counterColumn(records: readonly FlowRecord[], name: CounterName): readonly number[] {
  const column = records.map((record) => record.counters[name]);
  return column.some((value) => value !== 0) ? column : [];
}

/** The wire form of a batch. @param status the agent's state to send along, or null */
export function encodeBatch(batch: Batch, status: wire.AgentStatus | null): wire.Batch {
  const { records, window } = batch;
  const pods = new Dictionary<PodRef>();
  const addresses = new Dictionary<Uint8Array>();
  const reasons = new Dictionary<string>();
  const drops = records.flatMap((record, row) =>
    Object.entries(record.drops).map(([reason, packets]) => ({ row, reason, packets })),
  );
  const counters = Object.fromEntries(counterNames.map((name) => [name, counterColumn(records, name)]));
  return {
    ...(counters as Record<CounterName, readonly number[]>),
    id: { epoch: batch.epoch, sequence: batch.sequence },
    windowStartUnixMs: window.startUnixMs,
    windowEndUnixMs: window.endUnixMs,
    losses: encodeLosses(batch.losses),
    rowPod: records.map(({ pod }) => pods.indexOf(pod.uid, () => pod)),
    rowRemote: records.map(({ remote }) => addresses.indexOf(remote, () => addressToBytes(remote))),
    pods: pods.values,
    addresses: addresses.values,
    rowRole: records.map(({ role }) => wireRole[role]),
    rowPort: records.map(({ port }) => port),
    rowProtocol: records.map(({ protocol }) => wireProtocol[protocol]),
    rowFirstSeenMs: records.map(({ firstSeenUnixMs }) => firstSeenUnixMs - window.startUnixMs),
    rowLastSeenMs: records.map(({ lastSeenUnixMs }) => lastSeenUnixMs - window.startUnixMs),
    dropRow: drops.map(({ row }) => row),
    dropReason: drops.map(({ reason }) => reasons.indexOf(reason, () => reason)),
    dropPackets: drops.map(({ packets }) => packets),
    dropReasons: reasons.values,
    status,
  };
}

/** Carries a complaint to the one place that turns it into a result. */
class Invalid extends Error {}

function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Invalid(message);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function at<Value>(values: readonly Value[], index: number | undefined, what: string): Value {
  const value = values[index as number];
  check(value !== undefined, `${what} ${index} is out of range: there are ${values.length}`);
  return value;
}

function decodeAddress(bytes: Uint8Array): Address {
  check(bytes.length === 4 || bytes.length === 16, `an address has ${bytes.length} bytes, not 4 or 16`);
  return addressFromBytes(bytes);
}

/** Sums of named counts, such as losses by stage. */
function decodeCounts(entries: Iterable<readonly [name: string, count: number]>, what: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [name, count] of entries) {
    check(isCountName(name), `${what}: not a name: ${JSON.stringify(name.slice(0, 64))}`);
    check(isCount(count), `${what} ${name}: not a count: ${count}`);
    counts[name] = (counts[name] ?? 0) + count;
  }
  return counts;
}

function decodeDrops(message: wire.Batch, rows: number): ReadonlyMap<number, Drops> {
  const { dropRow, dropReason, dropPackets, dropReasons } = message;
  check(dropRow.length === dropReason.length && dropRow.length === dropPackets.length, 'drop columns differ in length');
  const entries = new Map<number, [string, number][]>();
  for (const [i, row] of dropRow.entries()) {
    check(row < rows, `drop_row ${row} is out of range: there are ${rows} rows`);
    const entry: [string, number] = [at(dropReasons, dropReason[i], 'drop_reason'), dropPackets[i] as number];
    const existing = entries.get(row);
    if (existing === undefined) entries.set(row, [entry]);
    else existing.push(entry);
  }
  return new Map([...entries].map(([row, each]) => [row, decodeCounts(each, 'drop reason')]));
}

function decodeCounters(message: wire.Batch, row: number): FlowCounters {
  const counters: Partial<Record<CounterName, number>> = {};
  for (const name of counterNames) {
    const column = message[name];
    const value = column.length === 0 ? 0 : (column[row] as number);
    check(isCount(value), `${name} of row ${row} is not a count: ${value}`);
    counters[name] = value;
  }
  return counters as FlowCounters;
}

function decodeRecords(message: wire.Batch): FlowRecord[] {
  const rows = message.rowPod.length;
  const whole = ['rowRole', 'rowRemote', 'rowPort', 'rowProtocol', 'rowFirstSeenMs', 'rowLastSeenMs'] as const;
  for (const name of whole) {
    check(message[name].length === rows, `${name} has ${message[name].length} values for ${rows} rows`);
  }
  for (const name of counterNames) {
    const { length } = message[name];
    check(length === 0 || length === rows, `${name} has ${length} values for ${rows} rows`);
  }
  for (const pod of message.pods) check(pod.uid !== '', `pod ${pod.namespace}/${pod.name} has no uid`);
  const addresses = message.addresses.map(decodeAddress);
  const drops = decodeDrops(message, rows);
  return message.rowPod.map((pod, row) => {
    const role = coreRole[message.rowRole[row] as string];
    check(role !== undefined, `role of row ${row} is not known`);
    const protocol = coreProtocol[message.rowProtocol[row] as string];
    check(protocol !== undefined, `protocol of row ${row} is not known`);
    const port = message.rowPort[row] as number;
    check(port <= 65_535, `port of row ${row} is ${port}`);
    const firstSeenUnixMs = message.windowStartUnixMs + (message.rowFirstSeenMs[row] as number);
    const lastSeenUnixMs = message.windowStartUnixMs + (message.rowLastSeenMs[row] as number);
    check(isCount(firstSeenUnixMs) && isCount(lastSeenUnixMs), `times of row ${row} are not times`);
    check(firstSeenUnixMs <= lastSeenUnixMs, `row ${row} was last seen before it was first seen`);
    return {
      pod: at(message.pods, pod, 'row_pod'),
      role,
      remote: at(addresses, message.rowRemote[row], 'row_remote'),
      port,
      protocol,
      counters: decodeCounters(message, row),
      drops: drops.get(row) ?? {},
      firstSeenUnixMs,
      lastSeenUnixMs,
    };
  });
}

/**
 * Reads a batch from the wire, believing nothing: columns must agree in length, indices be in range, counts be
 * non-negative and exact. Never throws; what is wrong is said in `message`.
 */
export function decodeBatch(message: wire.Batch): DecodedBatch {
  const { id, windowStartUnixMs: startUnixMs, windowEndUnixMs: endUnixMs } = message;
  try {
    check(id !== null, 'the batch has no id');
    check(isCount(id.epoch) && id.epoch > 0, `epoch ${id.epoch} is not a time`);
    check(isCount(id.sequence) && id.sequence > 0, `sequence ${id.sequence} does not count from 1`);
    check(isCount(startUnixMs) && isCount(endUnixMs), 'the window is not a span of time');
    check(
      startUnixMs < endUnixMs && endUnixMs - startUnixMs <= maxWindowMs,
      'the window is empty or longer than a day',
    );
    const losses = decodeCounts(
      message.losses.map(({ stage, events }) => [stage, events]),
      'loss at',
    );
    const window = { startUnixMs, endUnixMs };
    const { epoch, sequence } = id;
    return {
      ok: true,
      batch: { epoch, sequence, window, losses, records: decodeRecords(message) },
      status: message.status,
    };
  } catch (error) {
    if (error instanceof Invalid) return { ok: false, message: error.message };
    throw error;
  }
}

const byteForm = byteFormOf<wire.Batch>('weir.v1.Batch');

/** The bytes of a batch, as they are sent and spooled. */
export function batchToBytes(message: wire.Batch): Uint8Array {
  return byteForm.serialize(message);
}

/** The message of bytes that batchToBytes made, to be sent on. @throws Error when they are not such bytes */
export function batchMessage(bytes: Uint8Array): wire.Batch {
  return byteForm.deserialize(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}

/** Reads the bytes of a batch as strictly as decodeBatch. Never throws. */
export function batchFromBytes(bytes: Uint8Array): DecodedBatch {
  let message: wire.Batch;
  try {
    message = batchMessage(bytes);
  } catch (error) {
    return { ok: false, message: `not the bytes of a batch: ${messageOf(error)}` };
  }
  return decodeBatch(message);
}
