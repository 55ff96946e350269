import { kindKey, type OtherPolicy } from '../../core/kubernetes.ts';
import { compareText } from '../../core/order.ts';

/** Says which policies there are that decide about traffic and that Weir does not evaluate; nothing if there are none. */
export function otherPoliciesRemark(policies: readonly OtherPolicy[]): readonly string[] {
  if (policies.length === 0) return [];
  const counts = new Map<string, number>();
  for (const policy of policies) counts.set(kindKey(policy), (counts.get(kindKey(policy)) ?? 0) + 1);
  const listed = [...counts].sort(([a], [b]) => compareText(a, b)).map(([kind, count]) => `${count} ${kind}`);
  return [`policies that Weir does not evaluate are in force: ${listed.join(', ')}`];
}
