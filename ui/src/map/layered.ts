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

/** How many columns of the mean width are about as wide as that. */
function columnsFor(items: readonly Item[], width: number, gap: number): number {
  const mean = items.reduce((sum, item) => sum + item.width + gap, 0) / Math.max(1, items.length);
  return Math.max(3, Math.round(width / mean));
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

/**
 * Places items in columns, callers to the left of what they call, those without arrows behind the others. The same
 * items and arrows give the same places, whatever order they come in.
 */
export function layered(
  given: readonly Item[],
  allArrows: readonly Arrow[],
  { column: gapX, row: gapY, aspect }: Spacing,
): Placed {
  const items = given.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const ids = new Set(items.map(({ id }) => id));
  const arrows = allArrows.filter(({ source, target }) => source !== target && ids.has(source) && ids.has(target));
  const linked = new Set(arrows.flatMap(({ source, target }) => [source, target]));
  const rank = ranks(
    items.filter(({ id }) => linked.has(id)),
    arrows,
  );
  const area = items.reduce((sum, { width, height }) => sum + (width + gapX) * (height + gapY), 0);
  const columns: Item[][] = [];
  const columnOf = squeezed(rank, columnsFor(items, Math.sqrt(area * aspect), gapX));
  for (const item of items) if (linked.has(item.id)) (columns[columnOf(item.id)] ??= []).push(item);
  untangle(
    columns.filter((column) => column !== undefined),
    arrows,
  );
  const tallest = Math.max(0, ...items.map(({ height }) => height));
  const most = Math.max(tallest, Math.sqrt(area / aspect));
  columns.push(items.filter(({ id }) => !linked.has(id)));
  return stack(
    columns
      .filter((column) => column !== undefined)
      .flatMap((column) => wrap(column, most, gapY))
      .filter(({ length }) => length > 0),
    gapX,
    gapY,
  );
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
