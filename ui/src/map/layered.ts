import { groupBy } from '../app/group-by.ts';
export interface Item {
  readonly id: string;
  readonly width: number;
  readonly height: number;
}

export interface Arrow {
  readonly source: string;
  readonly target: string;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Where the upper left corner of each item is, and how large all of it is. */
export interface Placed {
  readonly at: ReadonlyMap<string, Point>;
  readonly width: number;
  readonly height: number;
}

export interface Spacing {
  readonly column: number;
  readonly row: number;
  /** Width of the whole divided by its height, about. */
  readonly aspect: number;
}

/** Items from the most calling to the most called: arrows that go back in it are those that close circles. */
function order(items: readonly Item[], arrows: readonly Arrow[]): Map<string, number> {
  const balance = new Map(items.map(({ id }) => [id, 0]));
  for (const { source, target } of arrows) {
    balance.set(source, (balance.get(source) ?? 0) + 1);
    balance.set(target, (balance.get(target) ?? 0) - 1);
  }
  const ids = items.map(({ id }) => id);
  ids.sort((a, b) => (balance.get(b) ?? 0) - (balance.get(a) ?? 0) || (a < b ? -1 : 1));
  return new Map(ids.map((id, index) => [id, index]));
}

/** For each item how many steps it is from one that nobody calls, along arrows that do not go back. */
function ranks(items: readonly Item[], arrows: readonly Arrow[]): Map<string, number> {
  const place = order(items, arrows);
  const forward = arrows.filter(({ source, target }) => (place.get(source) ?? 0) < (place.get(target) ?? 0));
  const out = groupBy(forward, ({ source }) => source);
  const rank = new Map<string, number>();
  for (const id of place.keys()) {
    const own = rank.get(id) ?? 0;
    rank.set(id, own);
    for (const { target } of out.get(id) ?? []) rank.set(target, Math.max(rank.get(target) ?? 0, own + 1));
  }
  return rank;
}

/** Long chains, as circles make them, would be one long row: ranks next to each other share a column. */
function squeezed(rank: ReadonlyMap<string, number>, columns: number): (id: string) => number {
  const most = Math.max(0, ...rank.values()) + 1;
  return (id) => (most <= columns ? (rank.get(id) ?? 0) : Math.floor(((rank.get(id) ?? 0) * columns) / most));
}

/** Orders each column by where the neighbours in the columns before are, so that fewer lines cross. */
function untangle(columns: Item[][], arrows: readonly Arrow[]): void {
  const neighbours = new Map<string, string[]>();
  for (const { source, target } of arrows) {
    neighbours.set(source, [...(neighbours.get(source) ?? []), target]);
    neighbours.set(target, [...(neighbours.get(target) ?? []), source]);
  }
  const place = new Map<string, number>();
  const note = (column: readonly Item[]) => {
    for (const [index, { id }] of column.entries()) place.set(id, (index + 0.5) / column.length);
  };
  columns.forEach(note);
  for (let sweep = 0; sweep < 4; sweep++) {
    for (const column of sweep % 2 === 0 ? columns : columns.toReversed()) {
      const wanted = new Map(
        column.map(({ id }) => {
          const places = (neighbours.get(id) ?? []).map((each) => place.get(each) ?? 0.5);
          return [id, places.reduce((sum, each) => sum + each, 0) / Math.max(1, places.length)];
        }),
      );
      column.sort((a, b) => (wanted.get(a.id) ?? 0) - (wanted.get(b.id) ?? 0) || (a.id < b.id ? -1 : 1));
      note(column);
    }
  }
}

function heightOf(column: readonly Item[], gap: number): number {
  return column.reduce((sum, { height }) => sum + height + gap, -gap);
}

/** Cuts a column that is too high into several. */
function wrap(column: readonly Item[], most: number, gap: number): Item[][] {
  const parts: Item[][] = [[]];
  for (const item of column) {
    const last = parts.at(-1) as Item[];
    if (last.length > 0 && heightOf([...last, item], gap) > most) parts.push([item]);
    else last.push(item);
  }
  return parts;
}

/** Chains of up to so many steps are never put together. */
const leastColumns = 3;

/** Those without arrows, in columns as high as the others, or about in the wanted proportions where there are none. */
function loose(items: readonly Item[], height: number, { column: gapX, row: gapY, aspect }: Spacing): Item[][] {
  const area = items.reduce((sum, item) => sum + (item.width + gapX) * (item.height + gapY), 0);
  const tallest = Math.max(0, ...items.map((item) => item.height));
  return wrap(items, Math.max(tallest, height, Math.sqrt(area / aspect)), gapY).filter(({ length }) => length > 0);
}

/**
 * Places items in columns, callers to the left of what they call, those without arrows behind the others; in as many
 * columns as come nearest to the wanted proportions. The same items and arrows give the same places, whatever order they
 * come in.
 */
export function layered(given: readonly Item[], allArrows: readonly Arrow[], spacing: Spacing): Placed {
  const items = given.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const ids = new Set(items.map(({ id }) => id));
  const arrows = allArrows.filter(({ source, target }) => source !== target && ids.has(source) && ids.has(target));
  const ends = new Set(arrows.flatMap(({ source, target }) => [source, target]));
  const [linked, others] = [items.filter(({ id }) => ends.has(id)), items.filter(({ id }) => !ends.has(id))];
  const rank = ranks(linked, arrows);
  const most = linked.length === 0 ? 0 : Math.max(...rank.values()) + 1;
  const { column: gapX, row: gapY, aspect } = spacing;
  let best = stack(loose(items, 0, spacing), gapX, gapY);
  let bestError = Number.POSITIVE_INFINITY;
  for (let count = Math.min(most, leastColumns); count <= most && count > 0; count++) {
    const columnOf = squeezed(rank, count);
    const columns = Array.from({ length: count }, (): Item[] => []);
    for (const item of linked) columns[columnOf(item.id)]?.push(item);
    untangle(columns, arrows);
    const height = Math.max(...columns.map((column) => heightOf(column, gapY)));
    const filled = columns.filter(({ length }) => length > 0);
    const placed = stack([...filled, ...loose(others, height, spacing)], gapX, gapY);
    const error = Math.abs(Math.log(placed.width / placed.height / aspect));
    if (error < bestError) [best, bestError] = [placed, error];
  }
  return best;
}

/** Puts columns side by side, each in the middle of the height. */
function stack(columns: readonly (readonly Item[])[], gapX: number, gapY: number): Placed {
  const height = Math.max(0, ...columns.map((column) => heightOf(column, gapY)));
  const at = new Map<string, Point>();
  let x = 0;
  for (const column of columns) {
    let y = (height - heightOf(column, gapY)) / 2;
    for (const item of column) {
      at.set(item.id, { x, y });
      y += item.height + gapY;
    }
    x += Math.max(...column.map(({ width }) => width)) + gapX;
  }
  return { at, width: Math.max(0, x - gapX), height };
}
