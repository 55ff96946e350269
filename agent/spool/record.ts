import { crc32 } from 'node:zlib';
import type { BatchId } from './batch-id.ts';

/** What is known of a spooled batch without reading it. */
export interface Label {
  readonly id: BatchId;
  /** The first of the sequences that it stands for; the id has the last. */
  readonly firstSequence: number;
  /** How many rows it has. */
  readonly rows: number;
}

/** Where in a segment a batch is. */
export interface Place {
  readonly offset: number;
  readonly length: number;
}

export interface Found extends Place {
  readonly label: Label;
}

/** Length of what follows, and its CRC-32. */
const headBytes = 8;
/** Epoch, first sequence, sequence, rows. */
const labelBytes = 32;

/** A batch as a segment holds it: length, CRC-32, label, body. */
export function makeRecord({ id, firstSequence, rows }: Label, body: Uint8Array): Buffer {
  const record = Buffer.alloc(headBytes + labelBytes + body.length);
  for (const [i, value] of [id.epoch, firstSequence, id.sequence, rows].entries()) {
    record.writeDoubleLE(value, headBytes + 8 * i);
  }
  record.set(body, headBytes + labelBytes);
  record.writeUInt32LE(record.length - headBytes, 0);
  record.writeUInt32LE(crc32(record.subarray(headBytes)), 4);
  return record;
}

/** Whether a record is as it was written. */
export function isWhole(record: Buffer): boolean {
  if (record.length < headBytes + labelBytes || record.readUInt32LE(0) !== record.length - headBytes) return false;
  return record.readUInt32LE(4) === crc32(record.subarray(headBytes));
}

/** The body of a whole record. */
export function bodyOf(record: Buffer): Buffer {
  return record.subarray(headBytes + labelBytes);
}

function labelOf(record: Buffer): Label {
  const [epoch, firstSequence, sequence, rows] = [0, 1, 2, 3].map((i) => record.readDoubleLE(headBytes + 8 * i));
  return {
    id: { epoch: epoch as number, sequence: sequence as number },
    firstSequence: firstSequence as number,
    rows: rows as number,
  };
}

/** The records at the beginning of a segment, up to the first that is cut off or damaged. */
export function findRecords(segment: Buffer): Found[] {
  const found: Found[] = [];
  let offset = 0;
  while (offset + headBytes <= segment.length) {
    const length = headBytes + segment.readUInt32LE(offset);
    const record = segment.subarray(offset, offset + length);
    if (!isWhole(record)) break;
    found.push({ label: labelOf(record), offset, length });
    offset += length;
  }
  return found;
}
