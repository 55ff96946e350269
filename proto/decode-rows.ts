import { type CounterName, counterNames } from '../core/flow.ts';
import type { Window } from '../core/time.ts';
import { check, checkKnown, Invalid, isCount } from './check.ts';
import { atDistance, readColumn } from './column.ts';
import { type Column, type DropColumns, type RowColumns, zeroColumn } from './column-batch.ts';
import type { Dictionary } from './dictionary.ts';
import { codedOrder, predictions, timeFrom, timeTo, unitAfter, unitBefore } from './predictions.ts';
import type * as wire from './wire.ts';

function column(bytes: Uint8Array, count: number, name: string): Column {
  return bytes.length === 0 ? zeroColumn(count) : readColumn(bytes, count, name);
}

function decodeEdges({ edges: bytes, count }: wire.Rows, dictionary: Dictionary): Uint32Array {
  const known = dictionary.edges.length;
  const edges = new Uint32Array(count);
  const gaps = column(bytes, count, 'edges');
  let edge = -1;
  for (let row = 0; row < count; row++) {
    edge += (gaps[row] as number) + 1;
    checkKnown(edge, known, 'edge');
    edges[row] = edge;
  }
  return edges;
}

function decodeCounters(message: wire.Rows, edges: Uint32Array, dictionary: Dictionary) {
  const counters: Partial<Record<CounterName, Column>> = {};
  for (const name of codedOrder) {
    const prediction = predictions[name];
    const coded = column(message[name], edges.length, name);
    counters[name] = coded;
    if (prediction === undefined) continue;
    const values = new Float64Array(edges.length);
    const known = counters as Record<CounterName, Column>;
    for (let row = 0; row < values.length; row++) {
      const isClient = dictionary.edges.role[edges[row] as number] === 0;
      values[row] = atDistance(coded[row] as number, prediction(known, row, isClient));
    }
    counters[name] = values;
  }
  return counters as Record<CounterName, Column>;
}

function decodeTimes(message: wire.Rows, count: number, { startUnixMs, endUnixMs }: Window) {
  const firstSeenUnixMs = new Float64Array(count);
  const lastSeenUnixMs = new Float64Array(count);
  const firsts = column(message.firstSeen, count, 'first_seen');
  const lasts = column(message.lastSeen, count, 'last_seen');
  const [start, end] = [unitBefore(startUnixMs), unitAfter(endUnixMs)];
  for (let row = 0; row < count; row++) {
    const [first, last] = [atDistance(firsts[row] as number, start), atDistance(lasts[row] as number, end)];
    if (first > last) throw new Invalid(`row ${row} was last seen before it was first seen`);
    const to = timeTo(last, endUnixMs);
    if (!isCount(to)) throw new Invalid(`times of row ${row} are not times`);
    firstSeenUnixMs[row] = Math.min(timeFrom(first, startUnixMs), to);
    lastSeenUnixMs[row] = to;
  }
  return { firstSeenUnixMs, lastSeenUnixMs };
}

function decodeDrops(message: wire.Rows, rows: number, maxDrops: number, dictionary: Dictionary): DropColumns {
  const { dropCount } = message;
  check(dropCount <= maxDrops, `there are ${dropCount} drops; at most ${maxDrops} are taken`);
  const known = dictionary.reasons.length;
  const drops = {
    rows: new Uint32Array(dropCount),
    reasons: new Uint32Array(dropCount),
    packets: column(message.dropPackets, dropCount, 'drop_packets'),
  };
  const steps = column(message.dropRows, dropCount, 'drop_rows');
  const reasons = column(message.dropReasons, dropCount, 'drop_reasons');
  const seen = new Set<number>();
  let row = 0;
  for (let i = 0; i < dropCount; i++) {
    if (steps[i] !== 0) seen.clear();
    row += steps[i] as number;
    check(row < rows, `drop_rows ${row} is out of range: there are ${rows} rows`);
    const reason = reasons[i] as number;
    checkKnown(reason, known, 'drop reason');
    check(!seen.has(reason), `row ${row} has drops of one reason twice`);
    seen.add(reason);
    drops.rows[i] = row;
    drops.reasons[i] = reason;
  }
  return drops;
}

const nothing = new Uint8Array();

/** What a batch without rows stands for. */
const noRows: wire.Rows = {
  ...(Object.fromEntries(counterNames.map((name) => [name, nothing])) as Record<CounterName, Uint8Array>),
  count: 0,
  edges: nothing,
  firstSeen: nothing,
  lastSeen: nothing,
  dropCount: 0,
  dropRows: nothing,
  dropReasons: nothing,
  dropPackets: nothing,
};

/** @throws Invalid for what is not good; Unknown for what refers to nothing in the dictionary */
export function decodeRows(
  message: wire.Rows | null,
  dictionary: Dictionary,
  window: Window,
  maxRows: number,
): RowColumns {
  const rows = message ?? noRows;
  const { count } = rows;
  check(count <= maxRows, `there are ${count} rows; at most ${maxRows} are taken`);
  const edges = decodeEdges(rows, dictionary);
  return {
    dictionary,
    edges,
    counters: decodeCounters(rows, edges, dictionary),
    ...decodeTimes(rows, count, window),
    drops: decodeDrops(rows, count, maxRows, dictionary),
  };
}
