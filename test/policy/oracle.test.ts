import fc from 'fast-check';
import t from 'tap';
import type { Decision } from '../../core/verdict.ts';
import { assumptions } from '../../policy/evaluate/because.ts';
import { PolicySet } from '../../policy/evaluate/evaluate.ts';
import { someNetworkPolicy, someQuery } from './drawn.ts';
import { someClusterPolicies, someNodes } from './drawn-tiers.ts';
import { type Given, oracleSide } from './oracle.ts';

/** Holds the evaluator against the oracle. @returns how often each decision was drawn */
function compare(given: fc.Arbitrary<Given>, seed: number, numRuns: number): Record<Decision, number> {
  const seen: Record<Decision, number> = { allowed: 0, denied: 0, depends: 0 };
  fc.assert(
    fc.property(given, fc.array(someQuery, { minLength: 20, maxLength: 20 }), (drawn, queries) => {
      const set = new PolicySet(drawn.policies, drawn.nodes);
      for (const query of queries) {
        const answer = set.decide(query);
        const egress = oracleSide(drawn, 'egress', query);
        const ingress = oracleSide(drawn, 'ingress', query);
        const sides = [egress, ingress];
        const both = sides.includes('denied') ? 'denied' : sides.includes('depends') ? 'depends' : 'allowed';
        const found = [answer.egress.decision, answer.ingress.decision, answer.decision];
        if (found.join() !== [egress, ingress, both].join()) {
          throw new Error(`${JSON.stringify(query)}: ${found.join()} but expected ${[egress, ingress, both].join()}`);
        }
        for (const { decision, because } of [answer.egress, answer.ingress]) {
          const named = because.type === 'open' ? assumptions[because.assumption] : undefined;
          if ((decision === 'depends') !== (named !== undefined)) throw new Error(`${decision}: ${because.type}`);
        }
        seen[both]++;
      }
    }),
    { seed, numRuns },
  );
  return seen;
}

const networkPolicies = fc.array(someNetworkPolicy, { minLength: 1, maxLength: 5 });

for (const [what, given] of [
  ['NetworkPolicies', fc.record({ policies: networkPolicies, nodes: fc.constant([]) })],
  ['cluster policies', fc.record({ policies: someClusterPolicies, nodes: someNodes })],
  [
    'all tiers together',
    fc.record({
      policies: fc.tuple(networkPolicies, someClusterPolicies).map(([a, b]) => [...a, ...b]),
      nodes: someNodes,
    }),
  ],
] as const) {
  t.test(`every decision is the one that all readings of the API agree on: ${what}`, (t) => {
    const seen = compare(given, 20, 1000);
    t.comment(JSON.stringify(seen));
    for (const count of Object.values(seen)) t.ok(count > 300, 'every decision is drawn often');
    t.end();
  });
}
