import { directionEvidence, type Drops } from '../../core/flow.ts';
import type { UnixMs } from '../../core/time.ts';
import type { Lane } from '../graph/lane.ts';
import { type Rows, width } from '../graph/rows.ts';
import { VarintReader, VarintWriter } from './varint.ts';

/** A driver's numbers for lanes and names. */
export interface LaneNumbers {
  laneId(lane: Lane): number;
  nameId(text: string): number;
}

/** The way back. @throws RangeError for a number that was never given */
export interface NumberedLanes {
  lane(id: number): Lane;
  name(id: number): string;
}

const version = 3;
const usualRowBytes = 32;

/** Lays out what only some rows have: how many entries, then for each the difference of its row and its numbers. */
function writeEntries(writer: VarintWriter, entries: readonly (readonly [row: number, ...numbers: number[]])[]): void {
  writer.write(entries.length);
  let previous = 0;
  for (const [row, ...numbers] of entries) {
    writer.write(row - previous);
    for (const number of numbers) writer.write(number);
    previous = row;
  }
}

/** Reads what writeEntries wrote. @param take reads the numbers of one entry */
function readEntries(reader: VarintReader, rows: number, take: (row: number) => void): void {
  let row = 0;
  for (let left = reader.read(); left > 0; left--) {
    row += reader.read();
    if (row >= rows) throw new RangeError(`there is no row ${row}`);
    take(row);
  }
}

/**
 * Packs rows column by column, sorted by their lanes' numbers: version, number of rows, lanes as differences, evidence
 * of direction, first sighting after the start of the window, time to the last sighting, which counters are not all
 * zero, those counters, drops as (row difference, reason, packets), and names as (row difference, name). Equal columns
 * of small numbers take one byte a value.
 */
export function packRows(rows: Rows, startUnixMs: UnixMs, numbers: LaneNumbers): Uint8Array {
  const { lanes, counts, firstSeen, lastSeen, evidence, drops, names } = rows;
  const ids = new Float64Array(lanes.length);
  for (let row = 0; row < ids.length; row++) ids[row] = numbers.laneId(lanes[row] as Lane);
  const order = inOrder(ids);
  const writer = new VarintWriter(64 + usualRowBytes * order.length);
  writer.write(version);
  writer.write(order.length);
  let previous = 0;
  for (const row of order) {
    writer.write((ids[row] as number) - previous);
    previous = ids[row] as number;
  }
  for (const row of order) writer.write(evidence[row] as number);
  for (const row of order) writer.writeSigned((firstSeen[row] as number) - startUnixMs);
  for (const row of order) writer.write((lastSeen[row] as number) - (firstSeen[row] as number));
  const used = usedCounters(counts);
  writer.write(used);
  for (let i = 0; i < width; i++) {
    if ((used & (1 << i)) !== 0) for (const row of order) writer.write(counts[row * width + i] as number);
  }
  const placeOf = new Map(drops.size + names.size === 0 ? [] : Array.from(order, (row, place) => [row, place]));
  const place = (row: number) => placeOf.get(row) as number;
  const byPlace = (a: readonly number[], b: readonly number[]) => (a[0] as number) - (b[0] as number);
  const dropEntries = [...drops].flatMap(([row, dropped]) =>
    Object.entries(dropped).map(([reason, packets]) => [place(row), numbers.nameId(reason), packets] as const),
  );
  writeEntries(writer, dropEntries.toSorted(byPlace));
  const nameEntries = [...names].flatMap(([row, texts]) =>
    texts.map((text) => [place(row), numbers.nameId(text)] as const),
  );
  writeEntries(writer, nameEntries.toSorted(byPlace));
  return writer.finish();
}

/** Rows by their number, ascending. Numbers with their rows behind them are sorted without a call for each comparison. */
function inOrder(ids: Float64Array): Uint32Array {
  const { length } = ids;
  const keys = new Float64Array(length);
  for (let row = 0; row < length; row++) keys[row] = (ids[row] as number) * length + row;
  keys.sort();
  const order = new Uint32Array(length);
  for (let place = 0; place < length; place++) {
    const key = keys[place] as number;
    order[place] = key - Math.floor(key / length) * length;
  }
  return order;
}

/** One bit for each counter that is not zero in all rows. */
function usedCounters(counts: Float64Array): number {
  let used = 0;
  for (let at = 0; at < counts.length; at += width) {
    for (let i = 0; i < width; i++) if (counts[at + i] !== 0) used |= 1 << i;
  }
  return used;
}

/** Rows whose lanes and names are still numbers. */
export interface PackedRows extends Omit<Rows, 'lanes' | 'drops' | 'names'> {
  readonly laneIds: readonly number[];
  readonly drops: readonly (readonly [row: number, reasonId: number, packets: number])[];
  readonly names: readonly (readonly [row: number, nameId: number])[];
}

/** Reads what packRows wrote. @throws RangeError */
export function unpackRows(bytes: Uint8Array, startUnixMs: UnixMs): PackedRows {
  const reader = new VarintReader(bytes);
  const found = reader.read();
  if (found !== version) throw new RangeError(`the segment has version ${found}, not ${version}`);
  const length = reader.read();
  if (length > bytes.length) throw new RangeError(`${length} rows cannot be in ${bytes.length} bytes`);
  let id = 0;
  const laneIds = Array.from({ length }, () => (id += reader.read()));
  const evidence = Uint8Array.from({ length }, () => readEvidence(reader));
  const firstSeen = Float64Array.from({ length }, () => startUnixMs + reader.readSigned());
  const lastSeen = firstSeen.map((first) => first + reader.read());
  const counts = new Float64Array(length * width);
  const used = reader.read();
  for (let i = 0; i < width; i++) {
    if ((used & (1 << i)) !== 0) for (let at = i; at < counts.length; at += width) counts[at] = reader.read();
  }
  const drops: [number, number, number][] = [];
  readEntries(reader, length, (row) => drops.push([row, reader.read(), reader.read()]));
  const names: [number, number][] = [];
  readEntries(reader, length, (row) => names.push([row, reader.read()]));
  return { laneIds, counts, firstSeen, lastSeen, evidence, drops, names };
}

/** Puts lanes and names in the places of their numbers. @throws RangeError for a number that was never given */
export function nameRows({ laneIds, drops, names, ...columns }: PackedRows, numbered: NumberedLanes): Rows {
  const dropsOf = new Map<number, Drops>();
  for (const [row, reasonId, packets] of drops) {
    dropsOf.set(row, { ...dropsOf.get(row), [numbered.name(reasonId)]: packets });
  }
  const namesOf = new Map<number, readonly string[]>();
  for (const [row, nameId] of names) namesOf.set(row, [...(namesOf.get(row) ?? []), numbered.name(nameId)]);
  return { ...columns, lanes: laneIds.map((id) => numbered.lane(id)), drops: dropsOf, names: namesOf };
}

function readEvidence(reader: VarintReader): number {
  const index = reader.read();
  if (index >= directionEvidence.length) throw new RangeError(`no evidence of direction has the number ${index}`);
  return index;
}
