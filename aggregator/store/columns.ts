import { counterNames, directionEvidence, type Drops } from '../../core/flow.ts';
import type { UnixMs } from '../../core/time.ts';
import { isZero, zeroColumn } from '../../proto/column-batch.ts';
import type { Lane } from '../graph/lane.ts';
import { LaneColumn } from '../graph/lane-column.ts';
import type { Rows } from '../graph/rows.ts';
import type { VarintReader, VarintWriter } from './varint.ts';

/** A driver's numbers for lanes and names. */
export interface LaneNumbers {
  /** By row. */
  laneIds(lanes: LaneColumn): Float64Array;
  nameId(text: string): number;
}

/** The way back. @throws RangeError for a number that was never given */
export interface NumberedLanes {
  lane(id: number): Lane;
  name(id: number): string;
}

type DropEntry = readonly [row: number, reasonId: number, packets: number];
type NameEntry = readonly [row: number, nameId: number];

/** Rows whose lanes and names are numbers. */
export interface PackedRows extends Omit<Rows, 'lanes' | 'drops' | 'names'> {
  readonly laneIds: Float64Array;
  readonly drops: readonly DropEntry[];
  readonly names: readonly NameEntry[];
}

/** Puts numbers in the places of lanes and names. */
export function numberRows({ lanes, drops, names, ...columns }: Rows, numbers: LaneNumbers): PackedRows {
  const packed: { drops: DropEntry[]; names: NameEntry[] } = { drops: [], names: [] };
  for (const [row, dropped] of drops) {
    for (const [reason, packets] of Object.entries(dropped)) packed.drops.push([row, numbers.nameId(reason), packets]);
  }
  for (const [row, texts] of names) for (const text of texts) packed.names.push([row, numbers.nameId(text)]);
  return { ...columns, laneIds: numbers.laneIds(lanes), ...packed };
}

/** Puts lanes and names in the places of their numbers. @throws RangeError for a number that was never given */
export function nameRows({ laneIds, drops, names, ...columns }: PackedRows, numbered: NumberedLanes): Rows {
  const dropsOf = new Map<number, Drops>();
  for (const [row, reasonId, packets] of drops) {
    dropsOf.set(row, { ...dropsOf.get(row), [numbered.name(reasonId)]: packets });
  }
  const namesOf = new Map<number, readonly string[]>();
  for (const [row, nameId] of names) namesOf.set(row, [...(namesOf.get(row) ?? []), numbered.name(nameId)]);
  return {
    ...columns,
    lanes: LaneColumn.of(Array.from(laneIds, (id) => numbered.lane(id))),
    drops: dropsOf,
    names: namesOf,
  };
}

/**
 * The rows sorted by their lanes' numbers, so that differences are small. Numbers with their rows behind them are sorted
 * without a call for each comparison.
 */
export function orderOf({ laneIds }: Pick<PackedRows, 'laneIds'>): Uint32Array {
  const { length } = laneIds;
  const keys = new Float64Array(length);
  for (let row = 0; row < length; row++) keys[row] = (laneIds[row] as number) * length + row;
  keys.sort();
  const order = new Uint32Array(length);
  for (let place = 0; place < length; place++) {
    const key = keys[place] as number;
    order[place] = key - Math.floor(key / length) * length;
  }
  return order;
}

/** Lays out how many rows there are, and their lanes as differences. */
export function writeLanes(writer: VarintWriter, { laneIds }: PackedRows, order: Uint32Array): void {
  writer.write(order.length);
  let previous = 0;
  for (const row of order) {
    writer.write((laneIds[row] as number) - previous);
    previous = laneIds[row] as number;
  }
}

/**
 * Lays out the numbers column by column: evidence of direction, first sighting after the start, time to the last
 * sighting, which counters are not all zero, and those counters. Equal columns of small numbers take one byte a value.
 */
export function writeNumbers(writer: VarintWriter, rows: PackedRows, order: Uint32Array, startUnixMs: UnixMs): void {
  const { counters, firstSeen, lastSeen, evidence } = rows;
  writer.writeColumn(evidence, order);
  for (const row of order) writer.writeSigned((firstSeen[row] as number) - startUnixMs);
  for (const row of order) writer.write((lastSeen[row] as number) - (firstSeen[row] as number));
  const used = counters.map((column) => !isZero(column) && order.some((row) => column[row] !== 0));
  writer.write(used.reduce((bits, isUsed, counter) => (isUsed ? bits | (1 << counter) : bits), 0));
  for (const [counter, column] of counters.entries()) if (used[counter]) writer.writeColumn(column, order);
}

/**
 * Lays out drops as (row difference, reason, packets), and names as (row difference, name).
 */
export function writeTexts(
  writer: VarintWriter,
  { drops, names }: Pick<PackedRows, 'drops' | 'names'>,
  order: Uint32Array,
): void {
  const placeOf = drops.length + names.length === 0 ? null : placesIn(order);
  writeEntries(writer, placeOf === null ? drops : placed(drops, placeOf));
  writeEntries(writer, placeOf === null ? names : placed(names, placeOf));
}

/** Lays out the same where rows stay in theirs, without anything made for each: it is done for each segment. */
export function writeTextsByRow(
  writer: VarintWriter,
  { drops, names }: Pick<Rows, 'drops' | 'names'>,
  numbers: LaneNumbers,
): void {
  let entries = 0;
  drops.forEach((dropped) => {
    for (const _ in dropped) entries++;
  });
  writer.write(entries);
  let previous = 0;
  drops.forEach((dropped, row) => {
    for (const reason in dropped) {
      writer.write(row - previous);
      writer.write(numbers.nameId(reason));
      writer.write(dropped[reason] as number);
      previous = row;
    }
  });
  entries = 0;
  names.forEach((texts) => {
    entries += texts.length;
  });
  writer.write(entries);
  previous = 0;
  names.forEach((texts, row) => {
    for (const text of texts) {
      writer.write(row - previous);
      writer.write(numbers.nameId(text));
      previous = row;
    }
  });
}

/** By row its place in the order. */
function placesIn(order: Uint32Array): Int32Array {
  const placeOf = new Int32Array(order.length);
  for (let place = 0; place < order.length; place++) placeOf[order[place] as number] = place;
  return placeOf;
}

/** Entries with places instead of rows, ascending. */
function placed<Entry extends readonly [row: number, ...numbers: number[]]>(
  entries: readonly Entry[],
  placeOf: Int32Array,
): Entry[] {
  return entries
    .map((entry) => entry.with(0, placeOf[entry[0]] as number) as readonly number[] as Entry)
    .sort(([a], [b]) => a - b);
}

/** How many entries, then for each the difference of its row and its numbers. */
function writeEntries(writer: VarintWriter, entries: readonly (readonly [row: number, ...numbers: number[]])[]): void {
  writer.write(entries.length);
  let previous = 0;
  for (const entry of entries) {
    writer.write(entry[0] - previous);
    for (let i = 1; i < entry.length; i++) writer.write(entry[i] as number);
    [previous] = entry;
  }
}

function readEntries(reader: VarintReader, rows: number, take: (row: number) => void): void {
  let row = 0;
  for (let left = reader.read(); left > 0; left--) {
    row += reader.read();
    if (row >= rows) throw new RangeError(`there is no row ${row}`);
    take(row);
  }
}

/** Reads what writeLanes wrote. @param bytes how long all of it is: as many rows there can be at most. @throws RangeError */
export function readLanes(reader: VarintReader, bytes: number): Float64Array {
  const length = reader.read();
  if (length > bytes) throw new RangeError(`${length} rows cannot be in ${bytes} bytes`);
  const laneIds = new Float64Array(length);
  for (let row = 0, id = 0; row < length; row++) laneIds[row] = id += reader.read();
  return laneIds;
}

/** Reads what writeNumbers wrote. @throws RangeError */
export function readNumbers(
  reader: VarintReader,
  length: number,
  startUnixMs: UnixMs,
): Omit<PackedRows, 'laneIds' | 'drops' | 'names'> {
  const evidence = new Uint8Array(length);
  for (let row = 0; row < length; row++) evidence[row] = checkedEvidence(reader.read());
  const firstSeen = new Float64Array(length);
  for (let row = 0; row < length; row++) firstSeen[row] = startUnixMs + reader.readSigned();
  const lastSeen = new Float64Array(length);
  for (let row = 0; row < length; row++) lastSeen[row] = (firstSeen[row] as number) + reader.read();
  const used = reader.read();
  const counters = counterNames.map((_, counter) => {
    if ((used & (1 << counter)) === 0) return zeroColumn(length);
    const column = new Float64Array(length);
    for (let row = 0; row < length; row++) column[row] = reader.read();
    return column;
  });
  return { counters, firstSeen, lastSeen, evidence };
}

/** @throws RangeError when it is no index into directionEvidence */
export function checkedEvidence(index: number): number {
  if (index >= directionEvidence.length) throw new RangeError(`no evidence of direction has the number ${index}`);
  return index;
}

/** Reads what writeTexts wrote. @throws RangeError */
export function readTexts(reader: VarintReader, length: number): Pick<PackedRows, 'drops' | 'names'> {
  const drops: DropEntry[] = [];
  readEntries(reader, length, (row) => drops.push([row, reader.read(), reader.read()]));
  const names: NameEntry[] = [];
  readEntries(reader, length, (row) => names.push([row, reader.read()]));
  return { drops, names };
}
