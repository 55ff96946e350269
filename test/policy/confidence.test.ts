import t from 'tap';
import type { Edge } from '../../core/edge.ts';
import { generate } from '../../policy/generate/generate.ts';
import { cluster, deploy, edge, type Seen } from './clusters.ts';

const shop = cluster(
  deploy('web'),
  deploy('cart'),
  deploy('a', { labels: { x: 'x' } }),
  deploy('b', { labels: { x: 'x' } }),
);
const hour = 3_600_000;
const long = { connections: 9, firstSeenUnixMs: hour, lastSeenUnixMs: 5 * hour };

/** As both ends report it. */
function bothEnds(to: string, seen: Seen): Edge {
  const one = edge('web', to, 80, seen);
  return { ...one, byServer: one.merged };
}

function judged(...edges: Edge[]) {
  const { policies } = generate({
    cluster: shop,
    edges,
    scope: { namespace: null, workload: { namespace: 'shop', kind: 'Deployment', name: 'web' } },
    directions: ['egress'],
  });
  const { confidence, confidenceReason } = policies[0]?.rules[0] ?? {};
  return [confidence, confidenceReason];
}

t.test('what both ends saw for hours is certain', (t) => {
  t.same(judged(bothEnds('cart', long)), ['high', '']);
  t.end();
});

t.test('each weakness is named', (t) => {
  t.same(judged(edge('web', 'cart', 80, long)), ['medium', 'reported by one end only']);
  t.same(judged(bothEnds('cart', { ...long, lastSeenUnixMs: hour + 1000 })), ['medium', 'seen for less than an hour']);
  t.same(judged(bothEnds('cart', { ...long, directionBy: 'listener' })), [
    'medium',
    'only a listening socket tells the direction',
  ]);
  t.same(judged(bothEnds('a', long)), ['medium', 'lets more through than was seen']);
  t.same(judged(bothEnds('cart', { connections: 1, firstSeenUnixMs: hour, lastSeenUnixMs: hour })), [
    'low',
    'seen only once',
  ]);
  t.end();
});

t.test('one connection that lasts for hours is not only seen once', (t) => {
  t.same(judged(bothEnds('cart', { ...long, connections: 1 })), ['high', '']);
  t.end();
});

t.test('a rule is as weak as its weakest row, and says how many are', (t) => {
  t.same(judged(bothEnds('cart', long), edge('web', 'a', 80, long), bothEnds('b', long)), [
    'medium',
    'reported by one end only (1 of 3 rows)',
  ]);
  t.end();
});
