import type { Lane } from './lane.ts';

/**
 * A column of lanes, dictionary-encoded: the lane of a row is `among[at[row]]`. All rows of one stream refer to one list,
 * which only grows, so that whoever needs a number for each lane keeps it by place in the list (LaneNotes).
 */
export class LaneColumn implements Iterable<Lane> {
  readonly among: readonly Lane[];
  readonly at: Uint32Array;

  constructor(among: readonly Lane[], at: Uint32Array) {
    this.among = among;
    this.at = at;
  }

  /** Of lanes that are a list of their own. */
  static of(lanes: readonly Lane[]): LaneColumn {
    return new LaneColumn(
      lanes,
      new Uint32Array(lanes.length).map((_, place) => place),
    );
  }

  get length(): number {
    return this.at.length;
  }

  get(row: number): Lane {
    const lane = this.among[this.at[row] as number];
    if (lane === undefined) throw new RangeError(`there is no row ${row}`);
    return lane;
  }

  /** Those of some rows, in that order. */
  pick(rows: ArrayLike<number>): LaneColumn {
    const at = new Uint32Array(rows.length);
    for (let to = 0; to < at.length; to++) at[to] = this.at[rows[to] as number] as number;
    return new LaneColumn(this.among, at);
  }

  *[Symbol.iterator](): Generator<Lane> {
    for (const place of this.at) yield this.among[place] as Lane;
  }
}
