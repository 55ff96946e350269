import fc from 'fast-check';
import t from 'tap';
import { maxServerNames, mergeNames, type Observation, verdictOf } from '../../core/edge.ts';
import { type Drops, type FlowCounters, type Protocol, protocols, zeroCounters } from '../../core/flow.ts';
import type { Verdict } from '../../core/verdict.ts';

function seen(counters: Partial<FlowCounters>, drops: Drops = {}): Observation {
  const rest = { directionBy: 'handshake', serverNames: [], firstSeenUnixMs: 1, lastSeenUnixMs: 2 } as const;
  return { counters: { ...zeroCounters(), ...counters }, drops, ...rest };
}

const policyDrop = { NETFILTER_DROP: 3 };

type Case = readonly [
  what: string,
  protocol: Protocol,
  byClient: Observation | null,
  byServer: Observation | null,
  verdict: Verdict,
];

const cases: readonly Case[] = [
  ['a connection', 'TCP', seen({ established: 1 }), null, 'forwarded'],
  ['a connection among refusals and drops', 'TCP', seen({ refused: 9, established: 1 }, policyDrop), null, 'forwarded'],
  ['a connection from before the window', 'TCP', seen({ bytesToClient: 1 }), null, 'forwarded'],
  ['a reset', 'TCP', seen({ attempts: 1, refused: 1 }), null, 'refused'],
  ['a reset that only the server tells of', 'TCP', seen({ attempts: 1 }), seen({ refused: 1 }), 'refused'],
  ['an attempt without an answer', 'TCP', seen({ attempts: 1, unanswered: 1 }), null, 'unanswered'],
  ['SYNs that no socket told more about', 'TCP', seen({ synPackets: 4 }), null, 'unanswered'],
  ['SYNs that were dropped', 'TCP', seen({ synPackets: 4 }, policyDrop), null, 'dropped'],
  ['SYNs that were dropped at the server', 'TCP', seen({ synPackets: 4 }), seen({}, policyDrop), 'dropped'],
  ['a REJECT rule', 'TCP', seen({ attempts: 1, refused: 1 }), seen({}, policyDrop), 'dropped'],
  ['a REJECT rule for UDP', 'UDP', seen({ packetsToServer: 1, refused: 1 }, policyDrop), null, 'dropped'],
  ['a reset beside drops of a full queue', 'TCP', seen({ refused: 1 }, { QDISC_DROP: 1 }), null, 'refused'],
  ['drops of a full queue', 'TCP', seen({ attempts: 1 }, { QDISC_DROP: 1 }), null, 'dropped'],
  ['an association', 'SCTP', seen({ attempts: 1, established: 1 }), null, 'forwarded'],
  ['an association from before the window', 'SCTP', seen({ packetsToClient: 3 }), null, 'forwarded'],
  ['an INIT without an answer', 'SCTP', seen({ attempts: 1, packetsToServer: 2 }), null, 'unanswered'],
  ['an INIT that arrived and was not answered', 'SCTP', null, seen({ packetsToServer: 2 }), 'unanswered'],
  ['an ABORT', 'SCTP', seen({ attempts: 1, refused: 1, packetsToClient: 1 }), null, 'refused'],
  ['an answered datagram', 'UDP', seen({ packetsToServer: 2, packetsToClient: 1, refused: 1 }), null, 'forwarded'],
  ['a datagram that arrived', 'UDP', seen({ packetsToServer: 1 }), seen({ packetsToServer: 1 }), 'forwarded'],
  [
    'a datagram that the server only answered',
    'UDP',
    seen({ packetsToServer: 1 }),
    seen({ packetsToClient: 1 }),
    'forwarded',
  ],
  [
    "a datagram that a filter dropped on the server's interface",
    'UDP',
    seen({ packetsToServer: 1 }),
    seen({ packetsToServer: 1 }, { TC_EGRESS: 1 }),
    'dropped',
  ],
  [
    "datagrams of which a filter dropped some on the server's interface",
    'UDP',
    seen({ packetsToServer: 3 }),
    seen({ packetsToServer: 3 }, { TC_EGRESS: 2 }),
    'forwarded',
  ],
  ['a datagram to a closed port', 'UDP', seen({ packetsToServer: 1, refused: 1 }), null, 'refused'],
  [
    'a datagram that arrived at a closed port',
    'UDP',
    seen({ packetsToServer: 2, refused: 2 }),
    seen({ packetsToServer: 2, refused: 2 }),
    'refused',
  ],
  [
    'datagrams of which some arrived at a closed port',
    'UDP',
    seen({ packetsToServer: 9, refused: 2 }),
    seen({ packetsToServer: 9, refused: 2 }),
    'forwarded',
  ],
  ['a datagram without an answer', 'UDP', seen({ packetsToServer: 1 }), null, 'unanswered'],
  ['an answered ping', 'ICMP', seen({ packetsToServer: 1, packetsToClient: 1 }), null, 'forwarded'],
  ['a ping to a host that cannot be reached', 'ICMP', seen({ packetsToServer: 1, refused: 1 }), null, 'refused'],
  ['a ping that was dropped', 'ICMPv6', seen({ packetsToServer: 1 }, policyDrop), null, 'dropped'],
];

for (const [what, protocol, byClient, byServer, verdict] of cases) {
  t.test(`${what} (${protocol}) is ${verdict}`, async (t) => {
    t.equal(verdictOf(protocol, byClient, byServer), verdict);
  });
}

t.test('nothing that was reported beside an establishment makes it anything but forwarded', async (t) => {
  const count = fc.nat(5);
  const counters = fc.record({ refused: count, unanswered: count, synPackets: count, packetsToClient: count });
  const drops = fc.dictionary(fc.constantFrom('NETFILTER_DROP', 'QDISC_DROP'), fc.nat(3), { noNullPrototype: true });
  fc.assert(
    fc.property(fc.constantFrom('TCP' as const, 'SCTP' as const), counters, drops, drops, (protocol, more, a, b) => {
      const [one, other] = [seen({ ...more, established: 1 }, a), seen(more, b)];
      t.equal(verdictOf(protocol, one, other), 'forwarded');
      t.equal(verdictOf(protocol, other, one), 'forwarded');
    }),
    { seed: 41, numRuns: 100 },
  );
});

t.test('what a filter dropped and nothing answered is dropped, whatever else was said', async (t) => {
  fc.assert(
    fc.property(fc.constantFrom(...protocols), fc.nat(3), fc.nat(3), (protocol, refused, unanswered) => {
      t.equal(verdictOf(protocol, seen({ refused, unanswered }), seen({}, policyDrop)), 'dropped');
    }),
    { seed: 42, numRuns: 50 },
  );
});

t.test('names come together sorted, once, bounded, and the same in any order', async (t) => {
  t.strictSame(mergeNames(['b', 'c'], ['a', 'b']), ['a', 'b', 'c']);
  const names = fc
    .uniqueArray(fc.stringMatching(/^[a-z]{1,2}$/), { maxLength: maxServerNames })
    .map((each) => each.toSorted());
  fc.assert(
    fc.property(names, names, names, (a, b, c) => {
      const merged = mergeNames(mergeNames(a, b), c);
      t.ok(merged.length <= maxServerNames);
      t.strictSame(merged, mergeNames(a, mergeNames(c, b)));
    }),
    { seed: 43, numRuns: 200 },
  );
});
