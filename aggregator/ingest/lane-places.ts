/** By slot the row that it was given last, counted on from batch to batch: what is not above `before` is of an earlier one. */
let lastRow = new Uint32Array(1024);
let before = 0;
/** By row of the batch: the row that it becomes. Nobody wants it where each stays what it is. */
let placeOf = new Uint32Array(1024);

/** Rows of which some may be part of one. */
export interface Places {
  /** By row: the row that it is part of. */
  readonly at: Uint32Array;
  /** By row that the others are part of: its slot, in the order in which they come. */
  readonly slots: Uint32Array;
}

/** Gives equal slots one row, in the order in which they come. Null when no two are equal. @param most above all slots */
export function placesOf(slots: Uint32Array, most: number): Places | null {
  const { length } = slots;
  if (most > lastRow.length) lastRow = new Uint32Array(2 * most);
  if (before + length > 0xffff_ffff) {
    lastRow.fill(0);
    before = 0;
  }
  if (length > placeOf.length) placeOf = new Uint32Array(2 * length);
  let rows = 0;
  for (let i = 0; i < length; i++) {
    const slot = slots[i] as number;
    if ((lastRow[slot] as number) <= before) lastRow[slot] = before + ++rows;
    placeOf[i] = (lastRow[slot] as number) - before - 1;
  }
  before += length;
  if (rows === length) return null;
  const at = placeOf.slice(0, length);
  const placed = new Uint32Array(rows);
  for (let i = 0; i < length; i++) placed[at[i] as number] = slots[i] as number;
  return { at, slots: placed };
}
