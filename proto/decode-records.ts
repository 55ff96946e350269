import { type Address, addressFromBytes } from '../core/address.ts';
import {
  type CounterName,
  counterNames,
  type Drops,
  type Endpoint,
  type FlowCounters,
  type FlowRecord,
} from '../core/flow.ts';
import { at, check, decodeCounts, isCount, quote } from './check.ts';
import { coreEvidence, coreProtocol, coreRole, isDnsName } from './names.ts';
import type * as wire from './wire.ts';

const wholeColumns = [
  'rowRole',
  'rowDirectionBy',
  'rowRemote',
  'rowPort',
  'rowProtocol',
  'rowFirstSeenMs',
  'rowLastSeenMs',
] as const;

/** Columns that may be empty, which means zero in every row. */
const sparseColumns = [...counterNames, 'rowSeenAs', 'rowSeenAsPort', 'rowRemoteName'] as const;

function checkLengths(message: wire.Batch, rows: number): void {
  for (const name of wholeColumns) {
    check(message[name].length === rows, `${name} has ${message[name].length} values for ${rows} rows`);
  }
  for (const name of sparseColumns) {
    const { length } = message[name];
    check(length === 0 || length === rows, `${name} has ${length} values for ${rows} rows`);
  }
}

function decodeAddress(bytes: Uint8Array): Address {
  check(bytes.length === 4 || bytes.length === 16, `an address has ${bytes.length} bytes, not 4 or 16`);
  return addressFromBytes(bytes);
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

function checkPort(port: number, what: string): number {
  check(Number.isInteger(port) && port >= 0 && port <= 65_535, `${what} is ${port}`);
  return port;
}

function decodeSeenAs(message: wire.Batch, row: number, addresses: readonly Address[]): Endpoint | null {
  const place = message.rowSeenAs[row] ?? 0;
  const port = checkPort(message.rowSeenAsPort[row] ?? 0, `row_seen_as_port of row ${row}`);
  if (place !== 0) return { address: at(addresses, place - 1, 'row_seen_as'), port };
  check(port === 0, `row ${row} has a row_seen_as_port and no row_seen_as`);
  return null;
}

/** The rows of a batch. @throws Invalid saying what is wrong with them */
export function decodeRecords(message: wire.Batch): FlowRecord[] {
  const rows = message.rowPod.length;
  checkLengths(message, rows);
  for (const pod of message.pods) check(pod.uid !== '', `pod ${pod.namespace}/${pod.name} has no uid`);
  for (const name of message.remoteNames) check(isDnsName(name), `remote_names: not a name: ${quote(name)}`);
  const addresses = message.addresses.map(decodeAddress);
  const drops = decodeDrops(message, rows);
  return message.rowPod.map((pod, row) => {
    const role = coreRole[message.rowRole[row] as string];
    check(role !== undefined, `role of row ${row} is not known`);
    const directionBy = coreEvidence[message.rowDirectionBy[row] as string];
    check(directionBy !== undefined, `direction evidence of row ${row} is not known`);
    const protocol = coreProtocol[message.rowProtocol[row] as string];
    check(protocol !== undefined, `protocol of row ${row} is not known`);
    const firstSeenUnixMs = message.windowStartUnixMs + (message.rowFirstSeenMs[row] as number);
    const lastSeenUnixMs = message.windowStartUnixMs + (message.rowLastSeenMs[row] as number);
    check(isCount(firstSeenUnixMs) && isCount(lastSeenUnixMs), `times of row ${row} are not times`);
    check(firstSeenUnixMs <= lastSeenUnixMs, `row ${row} was last seen before it was first seen`);
    const name = message.rowRemoteName[row] ?? 0;
    return {
      pod: at(message.pods, pod, 'row_pod'),
      role,
      directionBy,
      remote: at(addresses, message.rowRemote[row], 'row_remote'),
      port: checkPort(message.rowPort[row] as number, `port of row ${row}`),
      protocol,
      seenAs: decodeSeenAs(message, row, addresses),
      remoteName: name === 0 ? null : at(message.remoteNames, name - 1, 'row_remote_name'),
      counters: decodeCounters(message, row),
      drops: drops.get(row) ?? {},
      firstSeenUnixMs,
      lastSeenUnixMs,
    };
  });
}
