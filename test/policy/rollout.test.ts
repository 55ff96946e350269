import fc from 'fast-check';
import t from 'tap';
import { type Edge, edgeKey } from '../../core/edge.ts';
import type { NetworkPolicy, Policy } from '../../core/kubernetes.ts';
import type { Decision } from '../../core/verdict.ts';
import { succeeded } from '../../policy/evaluate/outcome.ts';
import { policyKey, refOf } from '../../policy/evaluate/policy-key.ts';
import type { PolicyEdit } from '../../policy/replay/prepared-replay.ts';
import { replay } from '../../policy/replay/replay.ts';
import { editsBetween, planRollout } from '../../policy/rollout/rollout.ts';
import { cluster, deploy, edge } from './clusters.ts';
import { small, someEdges, somePolicies } from './drawn-edges.ts';
import { policy } from './peers.ts';

const rank: Readonly<Record<Decision, number>> = { allowed: 0, depends: 1, denied: 2 };

function withEdit(policies: readonly Policy[], { type, policy: edited }: PolicyEdit): Policy[] {
  const others = policies.filter((each) => policyKey(refOf(each)) !== policyKey(refOf(edited)));
  return type === 'apply' ? [...others, edited] : others;
}

/** How bad each edge that came through is under policies; each is replayed alone and in full. */
function ranks(edges: readonly Edge[], policies: readonly Policy[], of = small): number[] {
  return edges.map((each) => {
    const { allowed, depends, newlyAllowed } = replay({ cluster: of, policies, edges: [each] });
    return rank[allowed + newlyAllowed > 0 ? 'allowed' : depends > 0 ? 'depends' : 'denied'];
  });
}

/** Whether a state cuts an edge that both the start and the end spare. */
function isSpared(states: { readonly start: number[]; readonly end: number[] }, now: readonly number[]): boolean {
  return now.every((each, index) => each <= Math.max(states.start[index] as number, states.end[index] as number));
}

function orders<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, index) => orders(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
}

t.test('an order is found wherever there is one, and no step of it cuts anything', (t) => {
  const seen = { found: 0, bridged: 0 };
  fc.assert(
    fc.property(somePolicies, somePolicies, someEdges, (applied, target, edges) => {
      const live = edges.filter(succeeded);
      const states = { start: ranks(live, applied), end: ranks(live, target) };
      const { steps } = planRollout({ cluster: small, applied, target, edges });
      let now: readonly Policy[] = applied;
      for (const step of steps) {
        now = withEdit(now, step);
        t.strictSame(step.cuts, [], 'a bridge always serves where there are only NetworkPolicies');
        t.ok(isSpared(states, ranks(live, now)), 'nothing is cut on the way');
      }
      t.strictSame(editsBetween(now, target), [], 'the steps lead to the target');
      const exists = orders(editsBetween(applied, target)).some((order) => {
        let at: readonly Policy[] = applied;
        return order.every((edit) => {
          at = withEdit(at, edit);
          return isSpared(states, ranks(live, at));
        });
      });
      const isPlain = steps.every(({ temporary }) => !temporary);
      t.equal(isPlain, exists, 'exactly where brute force finds an order');
      seen[exists ? 'found' : 'bridged']++;
    }),
    { seed: 3, numRuns: 250 },
  );
  t.ok(seen.found > 50 && seen.bridged > 0, JSON.stringify(seen));
  t.end();
});

const shop = cluster(deploy('web'), deploy('cart'), deploy('ads'));
const toCart = (name: string, from: string): NetworkPolicy =>
  policy(
    {
      podSelector: { matchLabels: { app: 'cart' } },
      policyTypes: ['Ingress'],
      ingress: [{ from: [{ podSelector: { matchLabels: { app: from } } }] }],
    },
    name,
  );

t.test('what allows comes before what isolates', (t) => {
  const deny = policy({ podSelector: {}, policyTypes: ['Ingress'] }, 'a-deny');
  const plan = planRollout({
    cluster: shop,
    applied: [],
    target: [deny, toCart('cart', 'web')],
    edges: [edge('web', 'cart', 80)],
  });
  t.strictSame(
    plan.steps.map(({ policy: { metadata } }) => metadata.name),
    ['cart', 'a-deny'],
  );
  t.strictSame(plan.cuts, []);
  t.end();
});

t.test('two policies that need each other are bridged, and the bridge is gone at the end', (t) => {
  const target = [toCart('one', 'web'), toCart('two', 'ads')];
  const { steps } = planRollout({
    cluster: shop,
    applied: [],
    target,
    edges: [edge('web', 'cart', 80), edge('ads', 'cart', 80)],
  });
  t.match(
    steps.map(
      ({ type, policy: { metadata }, temporary }) => `${type} ${metadata.name}${temporary ? ' for a while' : ''}`,
    ),
    ['apply weir-bridge-1 for a while', 'apply one', 'apply two', 'delete weir-bridge-1 for a while'],
  );
  t.end();
});

t.test('what the policies as a whole cut is said apart from the order', (t) => {
  const { steps, cuts } = planRollout({
    cluster: shop,
    applied: [],
    target: [toCart('cart', 'web')],
    edges: [edge('ads', 'cart', 80)],
  });
  t.match(steps, [{ type: 'apply', cuts: [] }]);
  t.same(
    cuts.map(({ edge: cut }) => edgeKey(cut)),
    [edgeKey(edge('ads', 'cart', 80))],
  );
  t.end();
});

t.test('where nothing changes there are no steps', (t) => {
  const same = toCart('cart', 'web');
  t.strictSame(planRollout({ cluster: shop, applied: [same], target: [structuredClone(same)], edges: [] }).steps, []);
  t.end();
});
