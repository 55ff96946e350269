import t from 'tap';
import type { Edge, Observation } from '../../core/edge.ts';
import { zeroCounters } from '../../core/flow.ts';
import type { Verdict } from '../../core/verdict.ts';
import { compare } from '../../lab/demo/watch.ts';
import { expectedEdgesOf } from '../../lab/expected.ts';
import { topology } from '../../lab/topology.ts';

const expected = expectedEdgesOf(topology).map(({ id }) => id);
const observation: Observation = {
  counters: zeroCounters(),
  drops: {},
  directionBy: 'handshake',
  serverNames: [],
  firstSeenUnixMs: 0,
  lastSeenUnixMs: 0,
};

function seen(id: (typeof expected)[number], verdict: Verdict = 'forwarded'): Edge {
  return { ...id, services: [], byClient: observation, byServer: null, merged: observation, verdict };
}

const [first, ...others] = expected;
if (first === undefined) throw new Error('the topology has no edge');

t.strictSame(
  {
    ...compare(
      expected,
      expected.map((id) => seen(id)),
    ),
    edges: [],
  },
  { edges: [], missing: [], unexpected: [], wrongDirection: [] },
  'what was seen as it is declared is good',
);

t.strictSame(
  compare(
    expected,
    others.map((id) => seen(id)),
  ).missing,
  [first],
  'an edge that was not seen is missing',
);

t.strictSame(
  compare(expected, [seen(first, 'dropped'), ...others.map((id) => seen(id))]).missing,
  [first],
  'an edge over which nothing came through is missing',
);

const stranger = seen({ ...first, port: first.port + 1 });
t.match(
  compare(expected, [...expected.map((id) => seen(id)), stranger]),
  { missing: [], unexpected: [stranger], wrongDirection: [] },
  'an edge on another port is unexpected',
);

const reversed = seen({ ...first, client: first.server, server: first.client, port: 43_210 });
t.match(
  compare(expected, [...expected.map((id) => seen(id)), reversed]),
  { missing: [], unexpected: [reversed], wrongDirection: [reversed] },
  'an edge from the server to the client is in the wrong direction',
);
