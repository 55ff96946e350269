import t from 'tap';
import type { Edge, Observation } from '../../core/edge.ts';
import { zeroCounters } from '../../core/flow.ts';
import type { Verdict } from '../../core/verdict.ts';
import { compare } from '../../lab/demo/watch.ts';
import { type ExpectedEdge, expectedEdgesOf } from '../../lab/expected.ts';
import { topology } from '../../lab/topology.ts';

const expected = expectedEdgesOf(topology);
const observation: Observation = {
  counters: zeroCounters(),
  drops: {},
  directionBy: 'handshake',
  serverNames: [],
  firstSeenUnixMs: 0,
  lastSeenUnixMs: 0,
};

function seen({ id }: Pick<ExpectedEdge, 'id'>, verdict: Verdict = 'forwarded'): Edge {
  return { ...id, services: [], byClient: observation, byServer: null, merged: observation, verdict };
}

const [first, ...others] = expected;
if (first === undefined) throw new Error('the topology has no edge');

t.strictSame(
  {
    ...compare(
      expected,
      expected.map((each) => seen(each)),
    ),
    edges: [],
  },
  { edges: [], missing: [], unexpected: [], wrongDirection: [] },
  'what was seen as it is declared is good',
);

t.strictSame(
  compare(
    expected,
    others.map((each) => seen(each)),
  ).missing,
  [first.id],
  'an edge that was not seen is missing',
);

t.strictSame(
  compare(expected, [seen(first, 'dropped'), ...others.map((each) => seen(each))]).missing,
  [first.id],
  'an edge over which nothing came through is missing',
);

for (const by of ['statsd', 'quote'] as const) {
  const missing = expected.filter((each) => each.by === by).map(({ id }) => id);
  t.strictSame(
    compare(
      expected,
      expected.map((each) => seen(each, each.by === by ? 'unanswered' : 'forwarded')),
    ).missing,
    by === 'statsd' ? [] : missing,
    by === 'statsd' ? 'what nobody answers may stay unanswered' : 'what is answered may not',
  );
}

const stranger = seen({ id: { ...first.id, port: first.id.port + 1 } });
t.match(
  compare(expected, [...expected.map((each) => seen(each)), stranger]),
  { missing: [], unexpected: [stranger], wrongDirection: [] },
  'an edge on another port is unexpected',
);

const reversed = seen({ id: { ...first.id, client: first.id.server, server: first.id.client, port: 43_210 } });
t.match(
  compare(expected, [...expected.map((each) => seen(each)), reversed]),
  { missing: [], unexpected: [reversed], wrongDirection: [reversed] },
  'an edge from the server to the client is in the wrong direction',
);
