import fc from 'fast-check';
import t from 'tap';
import { policyKey, refOf } from '../../policy/evaluate/policy-key.ts';
import { PreparedReplay } from '../../policy/replay/prepared-replay.ts';
import { replay } from '../../policy/replay/replay.ts';
import { someEdges, somePolicies, somePolicy, small as cluster } from './drawn-edges.ts';
import { someClusterPolicies } from './drawn-tiers.ts';

const someEdit = fc.record({
  type: fc.constantFrom('apply' as const, 'apply' as const, 'delete' as const),
  policy: somePolicy,
});

t.test('after any edits it is what a replay of everything is', (t) => {
  fc.assert(
    fc.property(
      somePolicies,
      someClusterPolicies,
      someEdges,
      fc.array(someEdit, { maxLength: 4 }),
      (first, wide, edges, edits) => {
        const policies = new Map([...first, ...wide].map((policy) => [policyKey(refOf(policy)), policy]));
        const prepared = new PreparedReplay({ cluster, policies: [...policies.values()], edges });
        const whole = () => replay({ cluster, policies: [...policies.values()], edges });
        t.same(prepared.result(), whole());
        for (const edit of edits) {
          const trial = prepared.try(edit);
          if (edit.type === 'apply') policies.set(policyKey(refOf(edit.policy)), edit.policy);
          else policies.delete(policyKey(refOf(edit.policy)));
          prepared.commit(trial);
          const { findings: _, ...counts } = whole();
          t.same([prepared.result(), prepared.counts], [whole(), counts]);
        }
      },
    ),
    { seed: 7, numRuns: 200 },
  );
  t.end();
});

t.test('a trial changes nothing, and a commit can be taken back', (t) => {
  fc.assert(
    fc.property(somePolicies, someEdges, someEdit, someEdit, (policies, edges, first, second) => {
      const prepared = new PreparedReplay({ cluster, policies, edges });
      const [before, counts] = [prepared.result(), prepared.counts];
      prepared.try(first);
      t.same([prepared.result(), prepared.counts], [before, counts]);
      const undoAll = prepared.mark();
      const undoFirst = prepared.commit(prepared.try(first));
      const between = prepared.result();
      const undoSecond = prepared.commit(prepared.try(second));
      undoSecond();
      t.same(prepared.result(), between);
      undoFirst();
      t.same([prepared.result(), prepared.counts], [before, counts]);
      prepared.commit(prepared.try(second));
      undoAll();
      t.same(prepared.result(), before);
    }),
    { seed: 8, numRuns: 100 },
  );
  t.end();
});
