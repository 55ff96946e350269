import t from 'tap';
import { groupBy } from '../../ui/src/app/group-by.ts';
import type { Point } from '../../ui/src/map/layered.ts';
import { boxAround, cardHeight, cardWidth, layout, type LayoutRequest } from '../../ui/src/map/layout.ts';
import { nextInDirection } from '../../ui/src/map/walk.ts';
import { Draw } from './draw.ts';

/** Nodes in so many boxes, with links drawn among them. */
function drawn(nodes: number, groups: number, links: number, seed: number): LayoutRequest {
  const draw = new Draw(seed);
  const ids = Array.from({ length: nodes }, (_, i) => `n${String(i).padStart(4, '0')}`);
  return {
    nodes: ids.map((id, i) => ({ id, group: i % 7 === 0 ? id : `group:${i % groups}` })),
    links: Array.from({ length: links }, () => ({ source: draw.one(ids), target: draw.one(ids) })),
    known: [],
  };
}

function overlap(a: Point, b: Point): boolean {
  return Math.abs(a.x - b.x) < cardWidth && Math.abs(a.y - b.y) < cardHeight;
}

t.test('no two cards overlap, and no card lies in a box of others', async (t) => {
  for (const seed of [1, 2, 3]) {
    const request = drawn(60, 4, 90, seed);
    const at = layout(request);
    t.equal(at.size, 60);
    const all = [...at];
    const pairs = all.flatMap(([a, p], i) =>
      all
        .slice(i + 1)
        .filter(([, q]) => overlap(p, q))
        .map(([b]) => `${a} ${b}`),
    );
    t.strictSame(pairs, []);
    const boxes = groupBy(
      request.nodes.filter(({ group }) => group.startsWith('group:')),
      ({ group }) => group,
    );
    for (const [group, members] of boxes) {
      const box = boxAround(members.map(({ id }) => at.get(id) as Point));
      const strangers = request.nodes.filter(({ id, group: own }) => {
        const { x, y } = at.get(id) as Point;
        const inside =
          x + cardWidth > box.x && x < box.x + box.width && y + cardHeight > box.y && y < box.y + box.height;
        return own !== group && inside;
      });
      t.strictSame(strangers, [], group);
    }
  }
});

t.test('the same graph gives the same places, whatever order it comes in', async (t) => {
  const request = drawn(80, 5, 120, 4);
  const turned = { ...request, nodes: request.nodes.toReversed(), links: request.links.toReversed() };
  const [one, other] = [layout(request), layout(turned)];
  t.equal(other.size, one.size);
  for (const [id, place] of one) t.strictSame(other.get(id), place, id);
});

t.test('callers stand to the left of what they call', async (t) => {
  const nodes = ['a', 'b', 'c'].map((id) => ({ id, group: id }));
  const links = [
    { source: 'a', target: 'b' },
    { source: 'b', target: 'c' },
  ];
  const at = layout({ nodes, links, known: [] });
  t.ok((at.get('a')?.x ?? 0) < (at.get('b')?.x ?? 0));
  t.ok((at.get('b')?.x ?? 0) <= (at.get('c')?.x ?? 0));
});

t.test('new nodes never move old ones, and find places of their own', async (t) => {
  const request = drawn(60, 4, 90, 5);
  const before = layout({ ...request, nodes: request.nodes.filter((_, i) => i % 5 !== 0) });
  const after = layout({ ...request, known: [...before] });
  for (const [id, place] of before) t.strictSame(after.get(id), place, id);
  t.equal(after.size, request.nodes.length);
  const all = [...after];
  t.notOk(all.some(([, p], i) => all.slice(i + 1).some(([, q]) => overlap(p, q))));
});

t.test('where nothing is known of most, all is placed anew', async (t) => {
  const request = drawn(40, 3, 50, 6);
  const first = request.nodes[0]?.id ?? '';
  const at = layout({ ...request, known: [[first, { x: 99_999, y: 99_999 }]] });
  t.not(at.get(first)?.x, 99_999);
});

t.test('links to nodes that are not there, circles and loops are no trouble', async (t) => {
  const nodes = ['a', 'b'].map((id) => ({ id, group: 'group:g' }));
  const pairs = ['ab', 'ba', 'aa', 'ax', 'yb'];
  const links = pairs.map((pair) => ({ source: pair[0] ?? '', target: pair[1] ?? '' }));
  t.equal(layout({ nodes, links, known: [] }).size, 2);
  t.equal(layout({ nodes: [], links: [], known: [] }).size, 0);
});

t.test('the arrow keys go to the nearest card in their direction', async (t) => {
  const at = new Map([
    ['middle', { x: 0, y: 0 }],
    ['right', { x: 200, y: 10 }],
    ['far right', { x: 600, y: 0 }],
    ['below', { x: 10, y: 80 }],
  ]);
  t.equal(nextInDirection('middle', 'ArrowRight', at), 'right');
  t.equal(nextInDirection('right', 'ArrowRight', at), 'far right');
  t.equal(nextInDirection('middle', 'ArrowDown', at), 'below');
  t.equal(nextInDirection('middle', 'ArrowLeft', at), null);
  t.equal(nextInDirection('gone', 'ArrowLeft', at), 'middle');
});
