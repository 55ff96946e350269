import fc from 'fast-check';
import t from 'tap';
import { Fold } from '../../aggregator/graph/fold.ts';
import { contributionOf } from '../../aggregator/graph/contribution.ts';
import { everywhere, Graph } from '../../aggregator/graph/graph.ts';
import type { Edge } from '../../core/edge.ts';
import { counterNames, type Role, zeroCounters } from '../../core/flow.ts';
import { edgeInScope, type Scope } from '../../core/scope.ts';
import {
  anyRow,
  anySegment,
  firstStartUnixMs,
  oneOf,
  plainSegment,
  type Row,
  rowList,
  rowsOf,
  windowMs,
} from './segments.ts';

const [template] = rowList(plainSegment('n1', 1, 1).rows) as [Row];

function row(reporter: Role, counters: object, drops: Readonly<Record<string, number>> = {}, at = 0): Row {
  const observation = {
    counters: { ...zeroCounters(), ...counters },
    drops,
    directionBy: 'handshake' as const,
    serverNames: [],
    firstSeenUnixMs: firstStartUnixMs + at,
    lastSeenUnixMs: firstStartUnixMs + at + 10,
  };
  return { ...template, reporter, observation };
}

function edgeOf(...rows: readonly Row[]) {
  const graph = new Graph(10);
  for (const each of rows) graph.add(rowsOf([each]));
  return graph.edges()[0];
}

t.test('what both ends report of one edge is kept apart and never added', async (t) => {
  const edge = edgeOf(
    row('client', { attempts: 5, established: 4, bytesToServer: 90 }, { NETFILTER_DROP: 1 }, 5),
    row('server', { established: 3, bytesToServer: 100 }, { NETFILTER_DROP: 2, TC_INGRESS: 1 }),
  );
  t.match(edge?.byClient?.counters, { attempts: 5, established: 4, bytesToServer: 90 });
  t.match(edge?.byServer?.counters, { attempts: 0, established: 3, bytesToServer: 100 });
  t.match(edge?.merged.counters, { attempts: 5, established: 4, bytesToServer: 100 });
  t.strictSame(edge?.merged.drops, { NETFILTER_DROP: 2, TC_INGRESS: 1 });
  t.equal(edge?.merged.firstSeenUnixMs, firstStartUnixMs);
  t.equal(edge?.merged.lastSeenUnixMs, firstStartUnixMs + 15);
  t.equal(edge?.verdict, 'forwarded');
});

t.test('reports of the same end add up', async (t) => {
  const edge = edgeOf(row('client', { attempts: 1 }, { A: 1 }), row('client', { attempts: 2 }, { A: 2, B: 1 }));
  t.match(edge?.merged, { counters: { attempts: 3 }, drops: { A: 3, B: 1 } });
  t.equal(edge?.verdict, 'dropped');
  t.equal(edge?.byServer, null);
});

t.test('round trips are those of the end that has more samples, never a mixture', async (t) => {
  const client = row('client', { rttMicros: 2_000, rttSamples: 10 });
  const server = row('server', { rttMicros: 5_000, rttSamples: 5 });
  t.match(edgeOf(client, server)?.merged.counters, { rttMicros: 2_000, rttSamples: 10 });
  const more = row('server', { rttMicros: 9_000, rttSamples: 9 });
  t.match(edgeOf(client, server, more)?.merged.counters, { rttMicros: 14_000, rttSamples: 14 });
});

t.test('an edge names every Service that led to it, once, sorted', async (t) => {
  const by = (name: string): Row => ({ ...row('client', { attempts: 1 }), service: { namespace: 'shop', name } });
  t.strictSame(edgeOf(by('web'), by('cart'), by('web'), row('server', { established: 1 }))?.services, [
    { namespace: 'shop', name: 'cart' },
    { namespace: 'shop', name: 'web' },
  ]);
});

t.test('folding the rows of a batch first changes nothing in the graph', async (t) => {
  fc.assert(
    fc.property(fc.array(anyRow(firstStartUnixMs), { maxLength: 40 }), (rows) => {
      const [whole, folded] = [new Graph(1_000), new Graph(1_000)];
      for (const each of rows) whole.add(rowsOf([each]));
      folded.add(rowsOf(rows));
      t.strictSame(folded.edges(), whole.edges());
    }),
    { seed: 31, numRuns: 100 },
  );
});

t.test('what is taken out leaves what the rest alone would give, but for the sightings', async (t) => {
  const segments = fc.tuple(...[1, 2, 3, 4, 5, 6].map((sequence) => anySegment('n1', sequence)));
  fc.assert(
    fc.property(segments, fc.integer({ min: 0, max: 6 }), (all, cut) => {
      const [pruned, rest] = [Fold.of(1_000), Fold.of(1_000)];
      for (const segment of all) pruned.add(contributionOf(segment));
      for (const segment of all.slice(0, cut)) pruned.remove(contributionOf(segment));
      pruned.beginsAt(firstStartUnixMs + (cut + 1) * windowMs);
      for (const segment of all.slice(cut)) rest.add(contributionOf(segment));
      const figures = (fold: Fold) =>
        fold.edges(everywhere).map(({ client, server, protocol, port, services, merged }) => ({
          edge: { client, server, protocol, port, services },
          counters: Object.fromEntries(counterNames.map((name) => [name, merged.counters[name]])),
          drops: merged.drops,
        }));
      t.strictSame(figures(pruned), figures(rest));
      t.strictSame(pruned.coverage([]), rest.coverage([]));
    }),
    { seed: 32, numRuns: 100 },
  );
});

t.test('the edges that carried most come first, and only as many as are asked for', async (t) => {
  const rows = fc.array(anyRow(firstStartUnixMs), { minLength: 30, maxLength: 60 });
  fc.assert(
    fc.property(rows, fc.integer({ min: 1, max: 10 }), (all, limit) => {
      const fold = Fold.of(1_000);
      const segment = plainSegment('n1', 1, 1);
      fold.add(contributionOf({ ...segment, rows: rowsOf(all) }));
      for (const by of ['bytes', 'connections'] as const) {
        const amount = ({ merged: { counters } }: Edge) =>
          by === 'bytes' ? counters.bytesToServer + counters.bytesToClient : counters.established;
        const largest = fold
          .edges(everywhere)
          .map(amount)
          .filter((each) => each > 0)
          .toSorted((a, b) => b - a);
        t.strictSame(fold.top(by, limit).map(amount), largest.slice(0, limit));
      }
    }),
    { seed: 33, numRuns: 50 },
  );
});

t.test('the edges of a scope are those that have an end in it', async (t) => {
  fc.assert(
    fc.property(fc.array(anyRow(firstStartUnixMs), { maxLength: 40 }), (rows) => {
      const fold = Fold.of(1_000);
      fold.add(contributionOf({ ...plainSegment('n1', 1, 1), rows: rowsOf(rows) }));
      const cart = { namespace: 'shop', kind: 'Deployment', name: 'cart' };
      const scopes: Scope[] = [
        { namespace: 'shop', workload: null },
        { namespace: null, workload: cart },
        { namespace: 'shop', workload: cart },
        { namespace: 'data', workload: cart },
        { namespace: 'nowhere', workload: null },
      ];
      const all = fold.edges(everywhere);
      for (const scope of scopes)
        t.strictSame(
          fold.edges(scope),
          all.filter((edge) => edgeInScope(scope, edge)),
        );
    }),
    { seed: 34, numRuns: 50 },
  );
});

t.test('a full graph keeps what it has, counts what it leaves out, and says so in its coverage', async (t) => {
  const fold = Fold.of(3);
  const segment = oneOf(
    anySegment('n1', 1).filter(({ rows }) => rows.lanes.length > 6),
    5,
  );
  fold.add(contributionOf(segment));
  t.equal(fold.edges(everywhere).length, 3);
  const { losses } = fold.coverage([]);
  t.ok((losses['aggregator-graph'] ?? 0) > 0);
  fold.remove(contributionOf(segment));
  t.equal(fold.edges(everywhere).length, 0);
});

t.test('coverage counts windows, those with losses, and nodes without an agent', async (t) => {
  const fold = Fold.of(10);
  t.strictSame(fold.coverage(['n2', 'n1']), {
    windows: 0,
    incompleteWindows: 0,
    losses: {},
    span: null,
    nodesWithoutAgent: ['n1', 'n2'],
  });
  fold.add(contributionOf(plainSegment('n1', 1, 1)));
  fold.add(contributionOf({ ...plainSegment('n1', 2, 1), losses: { identity: 2, spool: 1 } }));
  fold.add(contributionOf({ ...plainSegment('n1', 3, 1), losses: { identity: 3 } }));
  t.strictSame(fold.coverage(['n1', 'n2']), {
    windows: 3,
    incompleteWindows: 2,
    losses: { identity: 5, spool: 1 },
    span: { firstUnixMs: firstStartUnixMs + windowMs, lastUnixMs: firstStartUnixMs + 4 * windowMs },
    nodesWithoutAgent: ['n2'],
  });
});

t.test('coverage tells of each node what was lost there, and when last', async (t) => {
  const fold = Fold.of(10);
  const lossy = { ...plainSegment('n1', 1, 1), losses: { identity: 2 } };
  fold.add(contributionOf(lossy));
  fold.add(contributionOf(plainSegment('n1', 2, 1)));
  fold.add(contributionOf(plainSegment('n2', 1, 1)));
  const lastIncompleteUnixMs = firstStartUnixMs + 2 * windowMs;
  const whole = { windows: 1, incompleteWindows: 0, losses: {}, lastIncompleteUnixMs: null };
  t.strictSame(fold.nodeCoverage('n1'), {
    windows: 2,
    incompleteWindows: 1,
    losses: { identity: 2 },
    lastIncompleteUnixMs,
  });
  t.strictSame(fold.nodeCoverage('n2'), whole);
  fold.remove(contributionOf(lossy));
  t.strictSame(fold.nodeCoverage('n1'), whole);
  t.strictSame(fold.nodeCoverage('n3'), { ...whole, windows: 0 });
});
