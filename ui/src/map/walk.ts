import type { Point } from './layered.ts';

export type Arrow = 'ArrowLeft' | 'ArrowRight' | 'ArrowUp' | 'ArrowDown';

const towards: Readonly<Record<Arrow, Point>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

/** How much a step to the side counts against one ahead. */
const sideways = 4;

/** The nearest card in a direction; null when there is none. */
export function nextInDirection(from: string, arrow: Arrow, at: ReadonlyMap<string, Point>): string | null {
  const start = at.get(from);
  if (start === undefined) return at.keys().next().value ?? null;
  const { x, y } = towards[arrow];
  let [best, bestCost] = [null as string | null, Number.POSITIVE_INFINITY];
  for (const [id, point] of at) {
    const [dx, dy] = [point.x - start.x, point.y - start.y];
    const ahead = dx * x + dy * y;
    if (id === from || ahead <= 0) continue;
    const cost = ahead + sideways * Math.abs(dx * y - dy * x);
    if (cost < bestCost || (cost === bestCost && best !== null && id < best)) [best, bestCost] = [id, cost];
  }
  return best;
}
