import type { Point } from './layered.ts';
import { cardHeight, cardWidth } from './layout.ts';

/** The line of a link between two cards: a path in SVG's language, and the middle of it for its label. */
export interface Route {
  readonly path: string;
  readonly middle: Point;
}

function curve(from: Point, a: Point, b: Point, to: Point): Route {
  const path = `M${from.x} ${from.y}C${a.x} ${a.y} ${b.x} ${b.y} ${to.x} ${to.y}`;
  return { path, middle: { x: (from.x + 3 * a.x + 3 * b.x + to.x) / 8, y: (from.y + 3 * a.y + 3 * b.y + to.y) / 8 } };
}

/** Ends apart from each other, so that the two directions between two cards are two lines. */
const apart = 7;

/** How much room an arrow's head takes. */
const head = 5;

/** A small loop at the upper right corner: what talks to itself. */
function loop({ x, y }: Point): Route {
  const [right, out] = [x + cardWidth, 30];
  return curve(
    { x: right, y: y + 14 },
    { x: right + out, y: y + 6 },
    { x: right - 26, y: y - out },
    { x: right - 26, y: y - 2 },
  );
}

/** From the side of the client's card that faces the server's to the one that faces back. */
export function route(client: Point, server: Point): Route {
  if (client === server) return loop(client);
  const middle = cardHeight / 2;
  const [fromY, toY] = [client.y + middle - apart, server.y + middle - apart];
  const right = { x: client.x + cardWidth, y: fromY };
  if (server.x >= client.x + cardWidth) {
    const to = { x: server.x - head, y: toY };
    const bend = Math.max(28, (to.x - right.x) / 2);
    return curve(right, { x: right.x + bend, y: right.y }, { x: to.x - bend, y: to.y }, to);
  }
  if (server.x + cardWidth <= client.x) {
    const from = { x: client.x, y: client.y + middle + apart };
    const to = { x: server.x + cardWidth + head, y: server.y + middle + apart };
    const bend = Math.max(28, (from.x - to.x) / 2);
    return curve(from, { x: from.x - bend, y: from.y }, { x: to.x + bend, y: to.y }, to);
  }
  // One below the other: around the right side.
  const to = { x: server.x + cardWidth + head, y: server.y + middle + apart };
  const bow = Math.max(right.x, to.x) + 26 + Math.min(60, Math.abs(client.y - server.y) / 8);
  return curve(right, { x: bow, y: right.y }, { x: bow, y: to.y }, to);
}
