import type { Drops, Losses } from '../../core/flow.ts';
import type { UnixMs, Window } from '../../core/time.ts';
import { isZero, zeroColumn } from '../../proto/column-batch.ts';
import { aligned, BlockMemory, type ColumnMemory } from '../../proto/column-memory.ts';
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

/** Epoch, sequence, start and end of the window. */
const scalars = 4;

/**
 * A segment as it is kept in memory for a while. As little of it as can be are objects, which a collector of garbage
 * would have to look at. In its extent lie, one behind the other:
 *
 *   scalars
 *   numbers     sightings and the counters that are not all zero, if they are not there as the agent coded them
 *   places      of the lanes in `among`
 *   rows        of drops, then of names
 *   evidence
 *   body        as the agent sent it, if the numbers are there as it coded them
 */
export interface KeptSegment {
  readonly cluster: string;
  readonly node: string;
  readonly losses: Losses;
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
const noLosses: Losses = {};

/** Keeps segments in memory for a while, whatever the memory of their rows is used for meanwhile. */
export class KeptSegments {
  readonly #arena = new Arena(chunkBytes, maxFreeChunks);

  keep({ cluster, node, epoch, sequence, window, losses, rows, coded }: Segment): KeptSegment {
    const { lanes, evidence, drops, names, counters, firstSeen, lastSeen } = rows;
    const used = coded === null ? counters.map((column) => !isZero(column)) : null;
    const numbers = used === null ? nothing : [firstSeen, lastSeen, ...counters.filter((_, counter) => used[counter])];
    const bodyBytes = coded?.body.length ?? 0;
    const { length } = lanes;
    const sizes = [8 * length * numbers.length, 4 * length, 4 * drops.size, 4 * names.size, length, bodyBytes];
    const extent = this.#arena.take(sizes.reduce((bytes, size) => bytes + aligned(size), 8 * scalars));
    const layout = layoutOf(extent);
    layout.float64(scalars).set([epoch, sequence, window.startUnixMs, window.endUnixMs]);
    for (const column of numbers) layout.float64(length).set(column);
    layout.uint32(length).set(lanes.at);
    if (drops.size > 0) layout.uint32(drops.size).set([...drops.keys()]);
    if (names.size > 0) layout.uint32(names.size).set([...names.keys()]);
    layout.uint8(length).set(evidence);
    if (coded !== null) layout.uint8(bodyBytes).set(coded.body);
    return {
      cluster,
      node,
      losses: Object.keys(losses).length === 0 ? noLosses : losses,
      length,
      among: lanes.among,
      drops: valuesOf(drops),
      names: valuesOf(names),
      used,
      bodyBytes,
      extent,
    };
  }

  /** The whole segment again, in memory of its own. */
  read({ cluster, node, losses, length, among, drops, names, used, bodyBytes, extent }: KeptSegment): Segment {
    const layout = layoutOf(extent);
    const [epoch, sequence, startUnixMs, endUnixMs] = layout.float64(scalars) as unknown as Scalars;
    const own = used === null ? null : readNumbers(layout, length, used);
    const lanes = new LaneColumn(among, layout.uint32(length).slice());
    const rows = {
      lanes,
      drops: mapOf(layout.uint32(drops.length), drops),
      names: mapOf(layout.uint32(names.length), names),
      evidence: layout.uint8(length).slice(),
    };
    const window = { startUnixMs, endUnixMs };
    const numbers = own ?? decodedNumbers(layout.uint8(bodyBytes), lanes, window);
    return { cluster, node, epoch, sequence, window, losses, rows: { ...rows, ...numbers }, coded: null };
  }

  /** When the window of one began. */
  startOf({ extent }: KeptSegment): UnixMs {
    return layoutOf(extent).float64(scalars)[2] as UnixMs;
  }

  /** Keeps one no longer. To be called once. */
  drop({ extent }: KeptSegment): void {
    this.#arena.giveBack(extent);
  }
}

type Scalars = readonly [epoch: number, sequence: number, startUnixMs: UnixMs, endUnixMs: UnixMs];

function layoutOf({ chunk, from }: Extent): ColumnMemory {
  return BlockMemory.within(chunk.memory, from);
}

function readNumbers(layout: ColumnMemory, length: number, used: readonly boolean[]): Numbers {
  const next = () => layout.float64(length).slice();
  const [firstSeen, lastSeen] = [next(), next()];
  return { firstSeen, lastSeen, counters: used.map((isUsed) => (isUsed ? next() : zeroColumn(length))) };
}

function decodedNumbers(body: Uint8Array, lanes: LaneColumn, window: Window): Numbers {
  const isClient = Uint8Array.from(lanes, ({ reporter }) => (reporter === 'client' ? 1 : 0));
  return numbersOf(decodeNumbers(codedNumbersIn(body), isClient, window));
}

function valuesOf<Value>(byRow: ReadonlyMap<number, Value>): readonly Value[] {
  return byRow.size === 0 ? nothing : [...byRow.values()];
}

function mapOf<Value>(rows: Uint32Array, values: readonly Value[]): ReadonlyMap<number, Value> {
  return new Map(values.map((value, i) => [rows[i] as number, value]));
}
