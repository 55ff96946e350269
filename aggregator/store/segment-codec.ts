import { counterNames } from '../../core/flow.ts';
import type { UnixMs, Window } from '../../core/time.ts';
import type { CodedNumbers, CodedRows } from '../../proto/column-batch.ts';
import { decodeNumbers } from '../../proto/decode-rows.ts';
import { numbersOf, type Rows } from '../graph/rows.ts';
import type { Segment } from '../graph/segment.ts';
import {
  checkedEvidence,
  type LaneNumbers,
  numberRows,
  orderOf,
  type PackedRows,
  readLanes,
  readNumbers,
  readTexts,
  writeLanes,
  writeNumbers,
  writeTexts,
  writeTextsByRow,
} from './columns.ts';
import { VarintReader, VarintWriter } from './varint.ts';

/** Sorted by lane: lanes, numbers, texts. */
const sortedForm = 3;
/**
 * The numbers as the agent coded them, so that nothing is coded twice that is soon merged with others: lanes, for each
 * row its evidence of direction and whether a client reports it, coded columns, texts.
 */
const codedForm = 4;

/** In the order in which they lie there. */
const codedColumns: readonly (keyof CodedNumbers)[] = [...counterNames, 'firstSeen', 'lastSeen'];

/** All segments are packed in the same memory, one after the other. */
const writer = new VarintWriter(65_536);

/** Packs the rows of a segment, in the form that takes less to do. @returns what is good until the next is packed */
export function packSegment(
  { rows, window, coded }: Pick<Segment, 'rows' | 'window' | 'coded'>,
  numbers: LaneNumbers,
): Uint8Array {
  writer.reset();
  if (coded === null) writeSorted(numberRows(rows, numbers), window.startUnixMs);
  else writeCoded(rows, coded, numbers);
  return writer.written;
}

function writeSorted(packed: PackedRows, startUnixMs: UnixMs): void {
  const order = orderOf(packed);
  writer.write(sortedForm);
  writeLanes(writer, packed, order);
  writeNumbers(writer, packed, order, startUnixMs);
  writeTexts(writer, packed, order);
}

function writeCoded({ lanes, evidence, drops, names }: Rows, coded: CodedRows, numbers: LaneNumbers): void {
  const laneIds = numbers.laneIds(lanes);
  writer.write(codedForm);
  writer.write(laneIds.length);
  for (let row = 0, previous = 0; row < laneIds.length; row++) {
    const laneId = laneIds[row] as number;
    writer.writeSigned(laneId - previous);
    previous = laneId;
  }
  for (let row = 0; row < laneIds.length; row++) {
    writer.write(2 * (evidence[row] as number) + (coded.isClient[row] as number));
  }
  for (const name of codedColumns) writer.writeBytes(coded.numbers[name]);
  writeTextsByRow(writer, { drops, names }, numbers);
}

/** Reads what packSegment wrote. @throws RangeError, Invalid */
export function unpackRows(bytes: Uint8Array, window: Window): PackedRows {
  const reader = new VarintReader(bytes);
  const form = reader.read();
  if (form === codedForm) return readCoded(reader, bytes.length, window);
  if (form !== sortedForm) throw new RangeError(`the segment has version ${form}, not ${sortedForm} or ${codedForm}`);
  const laneIds = readLanes(reader, bytes.length);
  const numbers = readNumbers(reader, laneIds.length, window.startUnixMs);
  return { laneIds, ...numbers, ...readTexts(reader, laneIds.length) };
}

function readCoded(reader: VarintReader, bytes: number, window: Window): PackedRows {
  const length = reader.read();
  if (length > bytes) throw new RangeError(`${length} rows cannot be in ${bytes} bytes`);
  const laneIds = new Float64Array(length);
  for (let row = 0, id = 0; row < length; row++) laneIds[row] = id += reader.readSigned();
  const [evidence, isClient] = [new Uint8Array(length), new Uint8Array(length)];
  for (let row = 0; row < length; row++) {
    const both = reader.read();
    evidence[row] = checkedEvidence(Math.floor(both / 2));
    isClient[row] = both % 2;
  }
  const coded = Object.fromEntries(codedColumns.map((name) => [name, reader.readBytes()])) as unknown as CodedNumbers;
  return { laneIds, ...numbersOf(decodeNumbers(coded, isClient, window)), evidence, ...readTexts(reader, length) };
}
