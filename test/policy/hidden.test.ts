import fc from 'fast-check';
import t from 'tap';
import type { Policy } from '../../core/kubernetes.ts';
import type { Decision } from '../../core/verdict.ts';
import { PolicySet } from '../../policy/evaluate/evaluate.ts';
import type { Peer, PodPeer, Query } from '../../policy/evaluate/query.ts';
import { someNetworkPolicy, someQuery } from './drawn.ts';
import { someClusterPolicies } from './drawn-tiers.ts';

const hidden: Peer = { type: 'hidden', besides: new Set(['n1', 'n2']) };

/** Pods of the namespace that is hidden; those on their node's network are nodes in the graph. */
function mayBeHidden(peer: Peer): peer is PodPeer {
  return peer.type === 'pod' && peer.namespace === 'n3' && !peer.hostNetwork;
}

function isOwn(peer: Peer): boolean {
  return peer.type === 'pod' && peer.namespace !== 'n3';
}

/** What policies of the own end say when the far end is hidden, and when it is not. */
function bothWays(set: PolicySet, query: Query): readonly (readonly [unknown: Decision, known: Decision])[] {
  const { client, server } = query;
  const both: (readonly [Decision, Decision])[] = [];
  if (isOwn(client) && mayBeHidden(server)) {
    const told = set.side('egress', { ...query, server: hidden });
    both.push([told.decision, set.side('egress', query).decision]);
  }
  if (isOwn(server) && mayBeHidden(client)) {
    const told = set.side('ingress', { ...query, client: hidden });
    both.push([told.decision, set.side('ingress', query).decision]);
  }
  return both;
}

const few = fc.array(someNetworkPolicy, { minLength: 1, maxLength: 5 });
/** More rules than are looked at one by one. */
const many = fc.array(someNetworkPolicy, { minLength: 60, maxLength: 70 });

for (const [what, policies, numRuns] of [
  ['few NetworkPolicies', few, 600],
  ['many NetworkPolicies', many, 60],
  ['policies of all tiers', fc.tuple(few, someClusterPolicies).map(([a, b]): Policy[] => [...a, ...b]), 400],
] as const) {
  t.test(`what is decided of a hidden end holds whoever it is: ${what}`, (t) => {
    const seen: Record<Decision, number> = { allowed: 0, denied: 0, depends: 0 };
    const queries = fc.array(someQuery, { minLength: 40, maxLength: 40 });
    fc.assert(
      fc.property(policies as fc.Arbitrary<readonly Policy[]>, queries, (drawn, asked) => {
        const set = new PolicySet(drawn);
        for (const query of asked) {
          for (const [unknown, known] of bothWays(set, query)) {
            seen[unknown]++;
            if (unknown !== 'depends' && unknown !== known) {
              throw new Error(`${JSON.stringify(query)}: ${unknown}, though it is ${known}`);
            }
          }
        }
      }),
      { seed: 31, numRuns },
    );
    t.comment(JSON.stringify(seen));
    t.ok(seen.allowed > 20 && seen.depends > 20, 'both are drawn often');
    t.end();
  });
}
