import fc from 'fast-check';
import t from 'tap';
import type { Address } from '../../core/address.ts';
import type { NetworkPolicy } from '../../core/kubernetes.ts';
import { PolicySet } from '../../policy/evaluate/evaluate.ts';
import type { Grant } from '../../policy/generate/peer-grants.ts';
import type { Peer } from '../../policy/evaluate/query.ts';
import { type MergedRule, mergeGrants } from '../../policy/generate/rule.ts';
import { blockPeer, everyone, type RulePeer, toNetworkPolicyPeer } from '../../policy/generate/rule-peer.ts';
import { onePort, type RulePort, toNetworkPolicyPort } from '../../policy/generate/rule-port.ts';
import { differenceOf, witnessText } from '../../policy/generate/same-rules.ts';
import { pod, policy } from './peers.ts';

/* A small world in which peers often cover each other, halves of blocks meet, and ports touch. */
const labelSets = [{}, { app: 'a' }, { app: 'b' }, { app: 'a', tier: 'x' }, { tier: 'x' }] as const;
const namespaces = [null, { 'kubernetes.io/metadata.name': 'data' }, { team: 'red' }] as const;
const blocks = [
  '203.0.113.0/24',
  '203.0.113.0/25',
  '203.0.113.128/25',
  '203.0.113.0/26',
  '203.0.113.64/26',
  '203.0.113.4/32',
  '203.0.113.5/32',
  '203.0.113.6/31',
  '2001:db8::/127',
  '2001:db8::/128',
  '2001:db8::1/128',
];
const somePeer: fc.Arbitrary<RulePeer> = fc.oneof(
  fc.record({
    type: fc.constant('pods' as const),
    namespace: fc.constantFrom(...namespaces),
    labels: fc.constantFrom(...labelSets),
  }),
  { weight: 2, arbitrary: fc.constantFrom(...blocks).map(blockPeer) },
);
const protocol = fc.constantFrom('TCP' as const, 'UDP' as const);
const somePort: fc.Arbitrary<RulePort> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(protocol, fc.integer({ min: 80, max: 84 })).map(([over, port]) => onePort(over, port)),
  },
  fc
    .tuple(protocol, fc.integer({ min: 80, max: 83 }), fc.integer({ min: 1, max: 3 }))
    .map(([over, first, more]) => ({ protocol: over, first, last: first + more })),
);
const someGrant: fc.Arbitrary<Grant> = fc
  .tuple(
    fc.oneof({ weight: 30, arbitrary: somePeer }, { weight: 1, arbitrary: fc.constant(everyone) }),
    fc.option(fc.array(somePort, { minLength: 1, maxLength: 3 }), { freq: 12 }),
  )
  .map(([peer, ports]) => ({
    peer,
    peerLabel: JSON.stringify(peer),
    ports: peer.type === 'everyone' ? null : ports,
    edge: null,
    edgeKey: '',
    catches: [],
    doubts: [],
  }));
const someGrants = fc.array(someGrant, { minLength: 1, maxLength: 8 });

function asPolicy(rules: readonly Pick<MergedRule, 'peers' | 'ports'>[]): NetworkPolicy {
  const ingress = rules.map(({ peers, ports }) => {
    const named = peers.filter((peer) => peer.type !== 'everyone');
    return {
      ...(named.length === peers.length && { from: named.map(toNetworkPolicyPeer) }),
      ...(ports && { ports: ports.map(toNetworkPolicyPort) }),
    };
  });
  return policy({ podSelector: {}, policyTypes: ['Ingress'], ingress });
}

const clients: readonly Peer[] = [
  ...labelSets.flatMap((labels, index) => [
    pod(`own${index}`, { labels }),
    pod(`data${index}`, { labels, namespace: 'data' }),
    pod(`red${index}`, { labels, namespace: 'red', namespaceLabels: { team: 'red' } }),
  ]),
  ...['203.0.113.0', '203.0.113.4', '203.0.113.5', '203.0.113.6', '203.0.113.7', '203.0.113.63', '203.0.113.70'].map(
    asAddress,
  ),
  ...['203.0.113.127', '203.0.113.200', '203.0.112.1', '2001:db8::', '2001:db8::1', '2001:db8::2'].map(asAddress),
];

function asAddress(text: string): Peer {
  return { type: 'address', address: text as Address };
}

/** What is allowed in this world, one sign a question. */
function allowedBy(rules: readonly Pick<MergedRule, 'peers' | 'ports'>[]): string {
  const set = new PolicySet([asPolicy(rules)]);
  const server = pod('server');
  let signs = '';
  for (const client of clients) {
    for (const over of ['TCP', 'UDP', 'SCTP'] as const) {
      for (let port = 79; port < 88; port++) {
        signs += set.decide({ client, server, protocol: over, port }).ingress.decision === 'allowed' ? '1' : '0';
      }
    }
  }
  return signs;
}

const unmerged = (grants: readonly Grant[]) => grants.map(({ peer, ports }) => ({ peers: [peer], ports }));

for (const ranges of [false, true]) {
  t.test(
    `merged rules allow what single ones would, by the evaluator and by proof${ranges ? ', as ranges' : ''}`,
    (t) => {
      fc.assert(
        fc.property(someGrants, (grants) => {
          const merged = mergeGrants(grants, ranges);
          const witness = differenceOf(grants, merged);
          if (witness !== null) throw new Error(witnessText(witness));
          return allowedBy(merged) === allowedBy(unmerged(grants));
        }),
        { seed: 50, numRuns: 400 },
      );
      t.end();
    },
  );
}

t.test('no rule, peer or port can go, no two rules can become one, and no peer stands in two', (t) => {
  fc.assert(
    fc.property(someGrants, (grants) => {
      const merged = mergeGrants(grants);
      const whole = differenceOf(grants, merged) === null;
      const portSets = merged.map(({ ports }) => JSON.stringify(ports));
      const peers = merged.flatMap((rule) => rule.peers.map((peer) => JSON.stringify(peer)));
      if (!whole || new Set(portSets).size < portSets.length || new Set(peers).size < peers.length) return false;
      return merged.every((rule, at) => {
        const others = merged.filter((_, index) => index !== at);
        const withoutOnePeer = rule.peers.map((peer) => [
          ...others,
          { ...rule, peers: rule.peers.filter((each) => each !== peer) },
        ]);
        return withoutOnePeer.every((fewer) => differenceOf(grants, fewer)?.allowedBy === 'grants');
      });
    }),
    { seed: 51, numRuns: 300 },
  );
  t.end();
});

t.test('merging does not depend on the order of what is merged', (t) => {
  const shuffled = someGrants.chain((grants) =>
    fc.tuple(fc.constant(grants), fc.shuffledSubarray(grants, { minLength: grants.length })),
  );
  fc.assert(
    fc.property(shuffled, ([one, other]) => JSON.stringify(mergeGrants(one)) === JSON.stringify(mergeGrants(other))),
    { seed: 52, numRuns: 300 },
  );
  t.end();
});

t.test('the proof finds what a wrong merge would add or lose', (t) => {
  const grant = (cidr: string, port: number): Grant => {
    return {
      peer: blockPeer(cidr),
      peerLabel: cidr,
      ports: [onePort('TCP', port)],
      edge: null,
      edgeKey: '',
      catches: [],
      doubts: [],
    };
  };
  const grants = [grant('203.0.113.0/25', 80), grant('203.0.113.128/25', 81)];
  const rule = (cidr: string, ports: number[]): MergedRule => {
    const all = ports.map((port) => onePort('TCP', port));
    return { peers: [blockPeer(cidr)], peerLabels: [], ports: all, edges: [], catches: [], doubts: [] };
  };
  t.equal(differenceOf(grants, [rule('203.0.113.0/25', [80]), rule('203.0.113.128/25', [81])]), null);
  const added = differenceOf(grants, [rule('203.0.113.0/24', [80, 81])]);
  t.equal(added && witnessText(added), '203.0.113.0/24 on TCP 80 is allowed and nobody asked for it');
  const lost = differenceOf(grants, [rule('203.0.113.0/25', [80])]);
  t.equal(lost && witnessText(lost), '203.0.113.128/25 on TCP 81 was asked for and is not allowed');
  t.end();
});

t.test('halves of a block become the block, whatever their number', (t) => {
  const grants = Array.from({ length: 256 }, (_, i): Grant => {
    const cidr = `203.0.113.${i}/32`;
    return {
      peer: blockPeer(cidr),
      peerLabel: cidr,
      ports: [onePort('TCP', 443)],
      edge: null,
      edgeKey: '',
      catches: [],
      doubts: [],
    };
  });
  const [rule, ...others] = mergeGrants(grants);
  t.same(rule?.peers, [blockPeer('203.0.113.0/24')]);
  t.same(others, []);
  t.end();
});
