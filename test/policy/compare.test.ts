import fc from 'fast-check';
import t from 'tap';
import { Comparison } from '../../policy/reach/compare.ts';
import { check } from '../../policy/replay/check.ts';
import { edgeKey } from '../../core/edge.ts';
import { entityKey } from '../../core/identity.ts';
import { replay } from '../../policy/replay/replay.ts';
import { Roster } from '../../policy/evaluate/roster.ts';
import { textDiff } from '../../policy/print/text-diff.ts';
import { edge, workload } from './clusters.ts';
import { small as cluster, someEdges, somePolicies } from './drawn-edges.ts';

const everything = { namespace: null, workload: null };
const names = ['a', 'b', 'c', 'd', 'data/Deployment/far'];
const ports = [1, 79, 80, 81, 82, 65535];

/** What a replay of one edge that came through decides. */
function decisionOf(
  policies: Parameters<typeof replay>[0]['policies'],
  from: string,
  to: string,
  port: number,
): string {
  const { allowed, denied } = replay({ cluster, policies, edges: [edge(from, to, port)] });
  return allowed > 0 ? 'allowed' : denied > 0 ? 'denied' : 'depends';
}

t.test('what a comparison names is what replays of single edges decide differently', (t) => {
  fc.assert(
    fc.property(somePolicies, somePolicies, (before, after) => {
      const changes = [...new Comparison(new Roster(cluster), before, after).changes(everything)];
      for (const from of names) {
        for (const to of names) {
          for (const port of ports) {
            const [was, is] = [decisionOf(before, from, to, port), decisionOf(after, from, to, port)];
            const keys = [workload(from), workload(to)].map(entityKey);
            const found = changes.filter(
              ({ client, server, protocol, first, last }) =>
                client.entity !== null &&
                server.entity !== null &&
                entityKey(client.entity) === keys[0] &&
                entityKey(server.entity) === keys[1] &&
                protocol === 'TCP' &&
                first <= port &&
                port <= last,
            );
            const expected = was === is ? [] : [[was, is]];
            t.same(
              found.map((each) => [each.before, each.after]),
              expected,
              `${from} ${to} ${port}`,
            );
          }
        }
      }
      t.equal(textDiff(before, before), '');
    }),
    { seed: 5, numRuns: 15 },
  );
  t.end();
});

t.test('open ports that have traffic are counted as those of edges that are allowed', (t) => {
  fc.assert(
    fc.property(somePolicies, someEdges, (candidates, edges) => {
      const { overPermission } = check({ cluster, applied: [], candidates, edges, scope: everything });
      const between = edges.filter(({ client, server }) => {
        return (
          client.type === 'workload' && server.type === 'workload' && client.name !== 'gone' && server.name !== 'gone'
        );
      });
      const allowed = between.filter((each) => {
        const { allowed: now, newlyAllowed } = replay({ cluster, policies: candidates, edges: [each] });
        return now + newlyAllowed > 0;
      });
      t.equal(overPermission?.seenPorts, new Set(allowed.map(edgeKey)).size);
      const open = (overPermission?.widest ?? []).reduce(
        (sum, { clients, ports: { first, last } }) => sum + clients * (last - first + 1),
        0,
      );
      t.equal(open, (overPermission?.allowedPorts ?? 0) - (overPermission?.seenPorts ?? 0), 'the spans add up');
    }),
    { seed: 6, numRuns: 100 },
  );
  t.end();
});

t.test('nothing changes for any edge without a rule that is told to be unused', (t) => {
  let seen = 0;
  fc.assert(
    fc.property(somePolicies, someEdges, (candidates, edges) => {
      const { unused } = check({ cluster, applied: [], candidates, edges, scope: everything });
      for (const { of, direction, index } of unused) {
        const rules: readonly object[] = of.spec[direction] ?? [];
        // In its place a rule that matches nobody, so that the others keep their indexes.
        const nobody = { [direction === 'ingress' ? 'from' : 'to']: [{}] };
        const spec = { ...of.spec, [direction]: rules.map((rule, at) => (at === index ? nobody : rule)) };
        const without = candidates.map((each) => (each === of ? Object.assign({}, each, { spec }) : each));
        const counts = (policies: typeof candidates) => {
          const { findings: _, ...rest } = replay({ cluster, policies, edges });
          return rest;
        };
        t.same(counts(without), counts(candidates));
      }
      seen += unused.length;
    }),
    { seed: 9, numRuns: 100 },
  );
  t.ok(seen > 20, `${seen} rules`);
  t.end();
});
