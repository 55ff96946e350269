import type { UnixMs } from '../../core/time.ts';
import type { Rows } from '../graph/rows.ts';
import {
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
} from './columns.ts';
import { VarintReader, VarintWriter } from './varint.ts';

const version = 3;
/** All segments are packed in the same memory, one after the other. */
const writer = new VarintWriter(65_536);

/** Packs the rows of a window: version, lanes, numbers, texts. */
export function packRows(rows: Rows, startUnixMs: UnixMs, numbers: LaneNumbers): Uint8Array {
  const packed = numberRows(rows, numbers);
  const order = orderOf(packed);
  writer.reset();
  writer.write(version);
  writeLanes(writer, packed, order);
  writeNumbers(writer, packed, order, startUnixMs);
  writeTexts(writer, packed, order);
  return writer.finish();
}

/** Reads what packRows wrote. @throws RangeError */
export function unpackRows(bytes: Uint8Array, startUnixMs: UnixMs): PackedRows {
  const reader = new VarintReader(bytes);
  const found = reader.read();
  if (found !== version) throw new RangeError(`the segment has version ${found}, not ${version}`);
  const laneIds = readLanes(reader, bytes.length);
  const numbers = readNumbers(reader, laneIds.length, startUnixMs);
  return { laneIds, ...numbers, ...readTexts(reader, laneIds.length) };
}
