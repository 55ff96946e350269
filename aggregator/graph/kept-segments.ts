import type { Drops } from '../../core/flow.ts';
import { isZero, zeroColumn } from '../../proto/column-batch.ts';
import { codedNumbersIn } from '../../proto/decode-batch.ts';
import { decodeNumbers } from '../../proto/decode-rows.ts';
import { Arena, type Extent } from './arena.ts';
import type { Lane } from './lane.ts';
import { LaneColumn } from './lane-column.ts';
import { numbersOf, type Rows } from './rows.ts';
import type { Segment } from './segment.ts';

/** The rows of some dozen ordinary windows. */
const chunkBytes = 2 ** 18;
const maxFreeChunks = 4;

type Numbers = Pick<Rows, 'counters' | 'firstSeen' | 'lastSeen'>;

/**
 * A segment as it is kept in memory for a while. In its extent lie, one behind the other:
 *
 *   numbers     sightings and the counters that are not all zero, if they are not there as the agent coded them
 *   places      of the lanes in `among`
 *   rows        of drops, then of names
 *   evidence
 *   body        as the agent sent it, if the numbers are there as it coded them
 */
export interface KeptSegment extends Omit<Segment, 'rows' | 'coded'> {
  /** How many rows it has. */
  readonly length: number;
  readonly among: readonly Lane[];
  readonly drops: readonly Drops[];
  readonly names: readonly (readonly string[])[];
  /** Which counters are not all zero; null where the agent's bytes are there. */
  readonly used: readonly boolean[] | null;
  readonly bodyBytes: number;
  readonly extent: Extent;
}

const nothing: readonly never[] = [];

/** Keeps segments in memory for a while, whatever the memory of their rows is used for meanwhile. */
export class KeptSegments {
  readonly #arena = new Arena(chunkBytes, maxFreeChunks);

  keep({ rows, coded, ...segment }: Segment): KeptSegment {
    const { lanes, evidence, drops, names, counters, firstSeen, lastSeen } = rows;
    const used = coded === null ? counters.map((column) => !isZero(column)) : null;
    const numbers = used === null ? [] : [firstSeen, lastSeen, ...counters.filter((_, counter) => used[counter])];
    const body = coded?.body ?? new Uint8Array();
    const { length } = lanes;
    const bytes = length * (8 * numbers.length + 5) + 4 * (drops.size + names.size) + body.length;
    const extent = this.#arena.take(bytes);
    const columns = new Columns(extent, length);
    for (const column of numbers) columns.float64().set(column);
    columns.uint32(length).set(lanes.at);
    columns.uint32(drops.size).set([...drops.keys()]);
    columns.uint32(names.size).set([...names.keys()]);
    columns.uint8(length).set(evidence);
    columns.uint8(body.length).set(body);
    return {
      ...segment,
      length,
      among: lanes.among,
      drops: valuesOf(drops),
      names: valuesOf(names),
      used,
      bodyBytes: body.length,
      extent,
    };
  }

  /** The whole segment again, in memory of its own. */
  read({ length, among, drops, names, used, bodyBytes, extent, ...segment }: KeptSegment): Segment {
    const columns = new Columns(extent, length);
    const own = used === null ? null : readNumbers(columns, used);
    const lanes = new LaneColumn(among, columns.uint32(length).slice());
    const rows = {
      lanes,
      drops: mapOf(columns.uint32(drops.length), drops),
      names: mapOf(columns.uint32(names.length), names),
      evidence: columns.uint8(length).slice(),
    };
    const numbers = own ?? decodedNumbers(columns.uint8(bodyBytes), lanes, segment);
    return { ...segment, rows: { ...rows, ...numbers }, coded: null };
  }

  /** Keeps one no longer. To be called once. */
  drop({ extent }: KeptSegment): void {
    this.#arena.giveBack(extent);
  }
}

/** The columns of a segment, in the order in which they lie in its extent. */
class Columns {
  readonly #memory: ArrayBuffer;
  readonly #length: number;
  #at: number;

  constructor({ chunk, from }: Extent, length: number) {
    this.#memory = chunk.memory;
    this.#length = length;
    this.#at = from;
  }

  float64(): Float64Array {
    return new Float64Array(this.#memory, this.#next(8 * this.#length), this.#length);
  }

  uint32(length: number): Uint32Array {
    return new Uint32Array(this.#memory, this.#next(4 * length), length);
  }

  uint8(length: number): Uint8Array {
    return new Uint8Array(this.#memory, this.#next(length), length);
  }

  #next(bytes: number): number {
    const at = this.#at;
    this.#at += bytes;
    return at;
  }
}

function readNumbers(columns: Columns, used: readonly boolean[]): Numbers {
  const [firstSeen, lastSeen] = [columns.float64().slice(), columns.float64().slice()];
  const counters = used.map((isUsed) => (isUsed ? columns.float64().slice() : zeroColumn(firstSeen.length)));
  return { firstSeen, lastSeen, counters };
}

function decodedNumbers(body: Uint8Array, lanes: LaneColumn, { window }: Pick<Segment, 'window'>): Numbers {
  const isClient = Uint8Array.from(lanes, ({ reporter }) => (reporter === 'client' ? 1 : 0));
  return numbersOf(decodeNumbers(codedNumbersIn(body), isClient, window));
}

function valuesOf<Value>(byRow: ReadonlyMap<number, Value>): readonly Value[] {
  return byRow.size === 0 ? nothing : [...byRow.values()];
}

function mapOf<Value>(rows: Uint32Array, values: readonly Value[]): ReadonlyMap<number, Value> {
  return new Map(values.map((value, i) => [rows[i] as number, value]));
}
