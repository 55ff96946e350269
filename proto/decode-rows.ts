import { type CounterName, counterNames } from '../core/flow.ts';
import type { Window } from '../core/time.ts';
import { check, checkKnown, Invalid } from './check.ts';
import { BlockMemory, type ColumnMemory } from './column-memory.ts';
import { atDistance, readColumn, readColumnInto } from './column.ts';
import {
  type CodedNumbers,
  type Column,
  type CounterColumns,
  type DropColumns,
  type Numbers,
  type RowColumns,
  zeroColumn,
} from './column-batch.ts';
import { clientsIn, type Dictionary } from './dictionary.ts';
import { codedOrder, predictions, timeUnitMs, unitAfter, unitBefore } from './predictions.ts';
import type * as wire from './wire.ts';

/** Makes the columns of one batch. */
class Columns {
  readonly #count: number;
  readonly #memory: ColumnMemory;

  constructor(count: number, memory: ColumnMemory) {
    this.#count = count;
    this.#memory = memory;
  }

  /** One of its own: what was read, or all zero where there is nothing to read. */
  next(bytes: Uint8Array, name: string): Column {
    const column = this.#memory.float64(this.#count);
    if (bytes.length === 0) column.fill(0);
    else readColumnInto(column, bytes, name);
    return column;
  }

  /** The same, but one that all share where there is nothing to read. */
  read(bytes: Uint8Array, name: string): Column {
    return bytes.length === 0 ? zeroColumn(this.#count) : this.next(bytes, name);
  }
}

/** How many columns of a batch are not all zero, as far as their bytes tell: counters, and two of times. */
function columnsIn(message: CodedNumbers): number {
  return 2 + counterNames.filter((name) => message[name].length > 0 || predictions[name] !== undefined).length;
}

function column(bytes: Uint8Array, count: number, name: string): Column {
  return bytes.length === 0 ? zeroColumn(count) : readColumn(bytes, count, name);
}

function decodeEdges({ edges: bytes, count }: wire.Rows, dictionary: Dictionary, memory: ColumnMemory): Uint32Array {
  const known = dictionary.edges.length;
  const edges = memory.uint32(count);
  const gaps = roomFor(count);
  if (bytes.length === 0) gaps.fill(0);
  else readColumnInto(gaps, bytes, 'edges');
  let edge = -1;
  for (let row = 0; row < count; row++) {
    edge += (gaps[row] as number) + 1;
    if (edge >= known) checkKnown(edge, known, 'edge');
    edges[row] = edge;
  }
  return edges;
}

/** Holds what is only looked at while a column is read. */
let room = new Float64Array(1024);

function roomFor(rows: number): Float64Array {
  if (rows > room.length) room = new Float64Array(2 * rows);
  return room.subarray(0, rows);
}

function addDistances(values: Column, predicted: ArrayLike<number>): void {
  for (let row = 0; row < values.length; row++) {
    values[row] = atDistance(values[row] as number, predicted[row] as number);
  }
}

function decodeCounters(coded: CodedNumbers, isClient: Uint8Array, columns: Columns): CounterColumns {
  const counters: Partial<Record<CounterName, Column>> = {};
  for (const name of codedOrder) {
    const prediction = predictions[name];
    if (prediction === undefined) {
      counters[name] = columns.read(coded[name], name);
      continue;
    }
    const values = columns.next(coded[name], name);
    addDistances(values, prediction(counters as Record<CounterName, Column>, isClient, roomFor(values.length)));
    counters[name] = values;
  }
  return counters as CounterColumns;
}

function decodeTimes(message: CodedNumbers, { startUnixMs, endUnixMs }: Window, columns: Columns) {
  const firstSeenUnixMs = columns.next(message.firstSeen, 'first_seen');
  const lastSeenUnixMs = columns.next(message.lastSeen, 'last_seen');
  const [start, end] = [unitBefore(startUnixMs), unitAfter(endUnixMs)];
  for (let row = 0; row < firstSeenUnixMs.length; row++) {
    const first = atDistance(firstSeenUnixMs[row] as number, start);
    const last = atDistance(lastSeenUnixMs[row] as number, end);
    if (first > last) throw new Invalid(`row ${row} was last seen before it was first seen`);
    const to = last === end ? endUnixMs : last * timeUnitMs;
    if (to > Number.MAX_SAFE_INTEGER) throw new Invalid(`times of row ${row} are not times`);
    firstSeenUnixMs[row] = Math.min(first === start ? startUnixMs : first * timeUnitMs, to);
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

/**
 * The numbers of rows. @param isClient for each row 1 where a client reports it, else 0. @param memory that they lie in,
 * where it is not to be their own. @throws Invalid for what is not good
 */
export function decodeNumbers(
  coded: CodedNumbers,
  isClient: Uint8Array,
  window: Window,
  memory: ColumnMemory = BlockMemory.ofSize(8 * isClient.length * columnsIn(coded)),
): Numbers {
  const columns = new Columns(isClient.length, memory);
  return { counters: decodeCounters(coded, isClient, columns), ...decodeTimes(coded, window, columns) };
}

const nothing = new Uint8Array();

/** What a batch without rows stands for. */
export const noRows: wire.Rows = {
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

/**
 * @param body of the batch that the message is part of. @param memory that the columns lie in
 * @throws Invalid for what is not good; Unknown for what refers to nothing in the dictionary
 */
export function decodeRows(
  body: Uint8Array,
  message: wire.Rows | null,
  dictionary: Dictionary,
  window: Window,
  maxRows: number,
  memory: ColumnMemory,
): RowColumns {
  const rows = message ?? noRows;
  const { count } = rows;
  check(count <= maxRows, `there are ${count} rows; at most ${maxRows} are taken`);
  const edges = decodeEdges(rows, dictionary, memory);
  const isClient = clientsIn(edges, dictionary, memory.uint8(count));
  return {
    dictionary,
    edges,
    ...decodeNumbers(rows, isClient, window, memory),
    drops: decodeDrops(rows, count, maxRows, dictionary),
    coded: { body, numbers: rows, isClient, memory },
  };
}
