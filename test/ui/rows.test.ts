import t from 'tap';
import { keepOrder, linesOf, matching, sorted } from '../../ui/src/tables/arrange.ts';
import { csvText } from '../../ui/src/tables/csv.ts';
import type { Entity } from '../../proto/wire.ts';
import { ofPeers, peerSortOf } from '../../ui/src/tables/peer-sort.ts';
import { findingsById, rowsOf, usualDecision } from '../../ui/src/tables/rows.ts';
import { end, wireEdge } from './edges.ts';

const everything = { namespace: '', ids: null };
const edges = [
  wireEdge('shop/cart', 'shop/db', 5432, { bytes: 50 }),
  wireEdge('shop/cart', '203.0.113.7', 443, { bytes: 900 }),
  wireEdge('ops/scraper', 'shop/cart', 8080, { bytes: 10, verdict: 'VERDICT_DROPPED' }),
];

t.test('each direction has the rows whose own end is in scope', async (t) => {
  const shop = { namespace: 'shop', ids: null };
  t.strictSame(
    rowsOf(edges, 'egress', shop).map(({ peer }) => peer),
    ['db', '203.0.113.7'],
  );
  t.strictSame(
    rowsOf(edges, 'ingress', shop).map(({ peer }) => peer),
    ['cart', 'scraper'],
  );
  const cart = { namespace: 'shop', ids: new Set(['workload:shop/Deployment/cart']) };
  t.strictSame(
    rowsOf(edges, 'ingress', cart).map(({ peer }) => peer),
    ['scraper'],
  );
  t.strictSame(rowsOf(edges, 'egress', { namespace: 'other', ids: null }), []);
});

t.test('a row says what came through and why not', async (t) => {
  const [dropped] = rowsOf(edges, 'ingress', everything).filter(({ verdict }) => verdict === 'dropped');
  t.equal(dropped?.reason, 'NETFILTER_DROP');
  t.equal(dropped?.connections, 4);
  t.equal(dropped?.port, 'TCP 8080');
});

t.test(
  'what gets a rule when nobody decides: what came through, between workloads or to an allowed alias',
  async (t) => {
    const alias = { name: 'bank', cidr: '203.0.113.0/24', allowed: true };
    const [row] = rowsOf([wireEdge('shop/cart', 'shop/db', 1)], 'egress', everything);
    const [outside] = rowsOf([wireEdge('shop/cart', '203.0.113.7', 443)], 'egress', everything);
    const [bank] = rowsOf(
      [wireEdge('shop/cart', '', 443, { server: { entity: 'external', external: '203.0.113.7', alias } })],
      'egress',
      everything,
    );
    const [dropped] = rowsOf(
      [wireEdge('shop/cart', 'shop/db', 1, { verdict: 'VERDICT_DROPPED' })],
      'egress',
      everything,
    );
    t.ok(row && usualDecision(row, false).include);
    t.notOk(outside && usualDecision(outside, false).include);
    t.ok(bank && usualDecision(bank, false).include);
    t.notOk(dropped && usualDecision(dropped, false).include);
    t.ok(dropped && usualDecision(dropped, true).include);
  },
);

t.test('peers are told apart by what is known of their address', async (t) => {
  const alias = { name: 'bank', cidr: '203.0.113.0/24', allowed: true };
  const to = (server: Entity) => wireEdge('shop/cart', 'x', 443, { server });
  const rows = rowsOf(
    [
      wireEdge('shop/cart', 'shop/db', 5432),
      to({ entity: 'external', external: '198.51.100.1', alias: null }),
      to({ entity: 'external', external: '203.0.113.7', alias }),
      to({ entity: 'unresolved', unresolved: { address: '10.1.9.9', reason: 'pod-cidr' } }),
    ],
    'egress',
    everything,
  );
  t.strictSame(rows.map(peerSortOf), ['inside', 'outside', 'aliased', 'unresolved']);
  t.strictSame(
    ofPeers(rows, 'aliased').map(({ address }) => address),
    ['203.0.113.7'],
  );
  t.equal(ofPeers(rows, ''), rows);
});

t.test('rows are sorted by any column, equal ones always alike', async (t) => {
  const rows = rowsOf(edges, 'egress', everything);
  t.strictSame(
    sorted(rows, '-bytes').map(({ bytes }) => bytes),
    [900, 50, 10],
  );
  t.strictSame(
    sorted(rows, 'bytes').map(({ bytes }) => bytes),
    [10, 50, 900],
  );
  t.strictSame(
    sorted(rows, 'port').map(({ portNumber }) => portNumber),
    [443, 5432, 8080],
  );
  t.strictSame(sorted(rows, 'own'), sorted(rows.toReversed(), 'own'));
  t.strictSame(sorted(rows, 'no such column'), sorted(rows, '-bytes'));
});

t.test('a search finds rows that hold all of its words', async (t) => {
  const rows = rowsOf(edges, 'egress', everything);
  t.strictSame(
    matching(rows, 'CART db').map(({ peer }) => peer),
    ['db'],
  );
  t.equal(matching(rows, '  '), rows);
  t.strictSame(
    matching(rows, 'netfilter').map(({ peer }) => peer),
    ['cart'],
  );
});

t.test('groups stand above their rows', async (t) => {
  const lines = linesOf(rowsOf(edges, 'egress', everything), 'peerNamespace');
  t.strictSame(
    lines.map((line) => (line.type === 'group' ? line.label : line.row.peer)),
    ['Outside all namespaces', '203.0.113.7', 'shop', 'db', 'cart'],
  );
});

t.test('what a person reads stays where it is while new data comes', async (t) => {
  const before = sorted(rowsOf(edges, 'egress', everything), '-bytes');
  const grown = edges.map((edge, i) => (i === 0 ? wireEdge('shop/cart', 'shop/db', 5432, { bytes: 5_000 }) : edge));
  const now = sorted(
    rowsOf([...grown, wireEdge('shop/cart', 'shop/new', 1, { bytes: 9_999 })], 'egress', everything),
    '-bytes',
  );
  const { rows, fresh } = keepOrder(
    now,
    before.map(({ id }) => id),
  );
  t.strictSame(
    rows.map(({ peer }) => peer),
    before.map(({ peer }) => peer),
  );
  t.equal(rows.find(({ peer }) => peer === 'db')?.bytes, 5_000);
  t.strictSame(
    fresh.map(({ peer }) => peer),
    ['new'],
  );
  t.strictSame(keepOrder(now, null).rows, now);
});

t.test('texts of the cluster cannot break out of CSV or become formulas', async (t) => {
  const edge = wireEdge('shop/cart', 'x', 1, { server: { entity: 'external', external: '=cmd|"x"!A1', alias: null } });
  const [, line] = csvText(rowsOf([edge], 'egress', everything)).split('\r\n');
  t.match(line, `"'=cmd|""x""!A1"`);
  t.equal(csvText([]).split('\r\n').length, 2);
});

t.test('what a reader may not see has no name, no address and no rule', async (t) => {
  const server = { entity: 'unresolved', unresolved: { address: '0.0.0.0', reason: 'hidden' } } as const;
  const [row] = rowsOf([wireEdge('shop/cart', '', 443, { server })], 'egress', everything);
  t.match(row, { peer: 'hidden from you', peerKind: 'hidden', address: null });
  t.notOk(row && usualDecision(row, true).include);
});

t.test('findings are found by their edge', async (t) => {
  const edge = wireEdge('shop/cart', 'shop/db', 5432);
  const finding = { edge, decision: 'denied', direction: 'egress', because: 'no rule allows it', rule: null };
  const [row] = rowsOf([edge], 'egress', everything);
  t.equal(findingsById([finding]).get(row?.id ?? ''), finding);
  t.equal(findingsById([{ ...finding, edge: null }]).size, 0);
  t.match(end('shop/db'), { entity: 'workload' });
});
