import type { NodeCoverage } from '../../core/coverage.ts';
import type { UnixMs } from '../../core/time.ts';
import { freeMemory } from '../graph/free-memory.ts';
import {
  type LaneNumbers,
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

/** What was watched, with numbers in the places of nodes and stages. */
export interface PackedCoverage extends Omit<NodeCoverage, 'losses'> {
  readonly nodeId: number;
  readonly losses: readonly (readonly [stageId: number, events: number])[];
}

/** A piece with numbers in the places of all texts. */
export interface PackedPiece {
  readonly watched: readonly PackedCoverage[];
  readonly rows: PackedRows;
  readonly sightings: Float64Array | null;
}

/** The two blobs of a piece: all that refers to the dictionary, and the numbers. */
export interface PieceBlobs {
  readonly who: Uint8Array;
  readonly numbers: Uint8Array;
}

const version = 1;

/** All pieces are packed in the same memory, one after the other. */
const [who, numbers] = [new VarintWriter(65_536), new VarintWriter(65_536)];

/** Puts numbers in the places of nodes and stages. */
export function numberWatched(
  watched: ReadonlyMap<string, NodeCoverage>,
  numbers: Pick<LaneNumbers, 'nameId'>,
): PackedCoverage[] {
  return Array.from(watched, ([node, { losses, ...coverage }]) => ({
    ...coverage,
    nodeId: numbers.nameId(node),
    losses: Object.entries(losses).map(([stage, events]) => [numbers.nameId(stage), events] as const),
  })).toSorted((a, b) => a.nodeId - b.nodeId);
}

/** Puts nodes and stages in the places of their numbers. */
export function nameWatched(
  watched: readonly PackedCoverage[],
  name: (id: number) => string,
): ReadonlyMap<string, NodeCoverage> {
  return new Map(
    watched.map(({ nodeId, losses, ...coverage }) => [
      name(nodeId),
      { ...coverage, losses: Object.fromEntries(losses.map(([stageId, events]) => [name(stageId), events])) },
    ]),
  );
}

/** Packs a piece: `who` is version, what was watched, lanes and texts; `numbers` is sightings, then the other numbers. */
export function packPiece({ watched, rows, sightings }: PackedPiece, startUnixMs: UnixMs): PieceBlobs {
  const order = orderOf(rows);
  who.reset();
  who.write(version);
  writeWatched(who, watched, startUnixMs);
  writeLanes(who, rows, order);
  writeTexts(who, rows, order);
  numbers.reset();
  numbers.write(sightings === null ? 0 : 1);
  if (sightings !== null) for (const row of order) numbers.write(sightings[row] as number);
  writeNumbers(numbers, rows, order, startUnixMs);
  return { who: who.finish(), numbers: numbers.finish() };
}

/** Frees what packPiece gave, once it is stored. */
export function freeBlobs(packed: readonly PieceBlobs[]): void {
  freeMemory(packed.flatMap((blobs) => [blobs.who.buffer, blobs.numbers.buffer]));
}

/** Reads what packPiece wrote. @throws RangeError */
export function unpackPiece(blobs: PieceBlobs, startUnixMs: UnixMs): PackedPiece {
  const { watched, laneIds, ...texts } = unpackWho(blobs.who, startUnixMs);
  const reader = new VarintReader(blobs.numbers);
  const sightings = reader.read() === 0 ? null : new Float64Array(laneIds.length);
  if (sightings !== null) for (let row = 0; row < sightings.length; row++) sightings[row] = reader.read();
  return { watched, sightings, rows: { laneIds, ...texts, ...readNumbers(reader, laneIds.length, startUnixMs) } };
}

type Who = Pick<PackedRows, 'laneIds' | 'drops' | 'names'> & Pick<PackedPiece, 'watched'>;

/** Reads the part that refers to the dictionary. @throws RangeError */
export function unpackWho(who: Uint8Array, startUnixMs: UnixMs): Who {
  const reader = new VarintReader(who);
  const found = reader.read();
  if (found !== version) throw new RangeError(`the piece has version ${found}, not ${version}`);
  const watched = readWatched(reader, startUnixMs);
  const laneIds = readLanes(reader, who.length);
  return { watched, laneIds, ...readTexts(reader, laneIds.length) };
}

/**
 * For each node the difference of its number, how many windows, and how many of them were incomplete; where any was, the
 * end of the last one after the start, and (stage, events) of what was lost.
 */
function writeWatched(writer: VarintWriter, watched: readonly PackedCoverage[], startUnixMs: UnixMs): void {
  writer.write(watched.length);
  let previous = 0;
  for (const { nodeId, windows, incompleteWindows, lastIncompleteUnixMs, losses } of watched) {
    writer.write(nodeId - previous);
    previous = nodeId;
    writer.write(windows);
    writer.write(incompleteWindows);
    if (incompleteWindows === 0) continue;
    writer.writeSigned((lastIncompleteUnixMs ?? startUnixMs) - startUnixMs);
    writer.write(losses.length);
    for (const [stageId, events] of losses) {
      writer.write(stageId);
      writer.write(events);
    }
  }
}

function readWatched(reader: VarintReader, startUnixMs: UnixMs): PackedCoverage[] {
  const watched: PackedCoverage[] = [];
  let nodeId = 0;
  for (let left = reader.read(); left > 0; left--) {
    nodeId += reader.read();
    const [windows, incompleteWindows] = [reader.read(), reader.read()];
    let lastIncompleteUnixMs: UnixMs | null = null;
    const losses: [number, number][] = [];
    if (incompleteWindows > 0) {
      lastIncompleteUnixMs = startUnixMs + reader.readSigned();
      for (let stages = reader.read(); stages > 0; stages--) losses.push([reader.read(), reader.read()]);
    }
    watched.push({ nodeId, windows, incompleteWindows, lastIncompleteUnixMs, losses });
  }
  return watched;
}
