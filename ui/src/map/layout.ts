import { groupBy } from '../app/group-by.ts';
import { type Arrow, type Item, layered, type Point } from './layered.ts';

export const cardWidth = 176;
export const cardHeight = 46;

/** Room around the cards of a box; more above, for its name. */
export const boxPadding = 16;
export const boxHeader = 26;

const inside = { column: 64, row: 18, aspect: 1.3 };
const between = { column: 110, row: 44, aspect: 1.7 };

/** What is placed: cards, each in the box that it names; a box of its own name has no border. */
export interface LayoutNode {
  readonly id: string;
  readonly group: string;
}

export interface LayoutRequest {
  readonly nodes: readonly LayoutNode[];
  readonly links: readonly Arrow[];
  /** Upper left corners of cards that have theirs already and keep it. */
  readonly known: readonly (readonly [id: string, at: Point])[];
}

export interface Rect extends Point {
  readonly width: number;
  readonly height: number;
}

function hasBorder(group: string, id: string): boolean {
  return group !== id;
}

/** Places every card anew: boxes from callers to called, and so the cards in each. */
function placeAll({ nodes, links }: LayoutRequest): Map<string, Point> {
  const groups = groupBy(nodes, ({ group }) => group);
  const groupOf = new Map(nodes.map(({ id, group }) => [id, group]));
  const contents = new Map(
    [...groups].map(([group, members]) => {
      const cards = members.map(({ id }): Item => ({ id, width: cardWidth, height: cardHeight }));
      return [group, layered(cards, links, inside)];
    }),
  );
  const boxes = [...groups].map(([group, members]): Item => {
    const { width = 0, height = 0 } = contents.get(group) ?? {};
    const border = members.some(({ id }) => hasBorder(group, id));
    const extra = border ? boxPadding * 2 : 0;
    return { id: group, width: width + extra, height: height + extra + (border ? boxHeader : 0) };
  });
  const arrows = new Map<string, Arrow>();
  for (const link of links) {
    const [source, target] = [groupOf.get(link.source) ?? '', groupOf.get(link.target) ?? ''];
    arrows.set(`${source}>${target}`, { source, target });
  }
  const { at: corners } = layered(boxes, [...arrows.values()], between);
  return new Map(
    nodes.map(({ id, group }) => {
      const [corner, within] = [corners.get(group), contents.get(group)?.at.get(id)];
      const border = hasBorder(group, id);
      const x = (corner?.x ?? 0) + (within?.x ?? 0) + (border ? boxPadding : 0);
      return [id, { x, y: (corner?.y ?? 0) + (within?.y ?? 0) + (border ? boxPadding + boxHeader : 0) }];
    }),
  );
}

function overlaps(a: Point, b: Point): boolean {
  return Math.abs(a.x - b.x) < cardWidth + inside.row && Math.abs(a.y - b.y) < cardHeight + inside.row;
}

/** The nearest free place to the cards of its own box, at first below and beside them; outside of all other boxes. */
function freePlace(node: LayoutNode, placed: ReadonlyMap<string, Point>, groupOf: ReadonlyMap<string, string>): Point {
  const own = [...placed].filter(([id]) => groupOf.get(id) === node.group).map(([, at]) => at);
  const others = [
    ...groupBy(
      [...placed].filter(([id]) => groupOf.get(id) !== node.group),
      ([id]) => groupOf.get(id),
    ),
  ];
  const foreign = others.map(([, members]) => boxAround(members.map(([, at]) => at)));
  const all = [...placed.values()];
  const start = own[0] ?? { x: Math.min(0, ...all.map(({ x }) => x)), y: Math.max(0, ...all.map(({ y }) => y)) + 120 };
  const [stepX, stepY] = [cardWidth + inside.column, cardHeight + inside.row];
  const isFree = (at: Point) =>
    !all.some((other) => overlaps(at, other)) &&
    !foreign.some(
      (box) =>
        at.x < box.x + box.width && at.x + cardWidth > box.x && at.y < box.y + box.height && at.y + cardHeight > box.y,
    );
  for (let ring = 0; ring < 200; ring++) {
    const candidates: Point[] = [];
    for (let dx = -ring; dx <= ring; dx++) {
      for (let dy = -ring; dy <= ring; dy++) {
        if (Math.max(Math.abs(dx), Math.abs(dy)) === ring)
          candidates.push({ x: start.x + dx * stepX, y: start.y + dy * stepY });
      }
    }
    candidates.sort((a, b) => Math.hypot(a.x - start.x, a.y - start.y) - Math.hypot(b.x - start.x, b.y - start.y));
    const free = candidates.find(isFree);
    if (free !== undefined) return free;
  }
  return { x: start.x, y: Math.max(...all.map(({ y }) => y)) + stepY };
}

/** How many of the cards have to have a place for the others to be fitted in between. */
const enoughKnown = 0.5;

/**
 * Upper left corners of all cards. Cards that have a place keep it, and new ones are put beside them; where most have
 * none, all are placed anew.
 */
export function layout(request: LayoutRequest): Map<string, Point> {
  const wanted = new Map(request.nodes.map(({ id, group }) => [id, group]));
  const kept = new Map(request.known.filter(([id]) => wanted.has(id)));
  if (kept.size < request.nodes.length * enoughKnown || kept.size === 0) return placeAll(request);
  for (const node of request.nodes.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    if (!kept.has(node.id)) kept.set(node.id, freePlace(node, kept, wanted));
  }
  return kept;
}

/** The border around cards. */
export function boxAround(cards: readonly Point[]): Rect {
  const [left, top] = [Math.min(...cards.map(({ x }) => x)), Math.min(...cards.map(({ y }) => y))];
  const [right, bottom] = [Math.max(...cards.map(({ x }) => x)), Math.max(...cards.map(({ y }) => y))];
  return {
    x: left - boxPadding,
    y: top - boxPadding - boxHeader,
    width: right - left + cardWidth + boxPadding * 2,
    height: bottom - top + cardHeight + boxPadding * 2 + boxHeader,
  };
}

/** The smallest rectangle around all cards and their boxes. */
export function extent(cards: Iterable<Point>): Rect {
  const all = [...cards];
  return all.length === 0 ? { x: 0, y: 0, width: cardWidth, height: cardHeight } : boxAround(all);
}
