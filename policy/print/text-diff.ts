import { createTwoFilesPatch } from 'diff';
import type { Policy } from '../../core/kubernetes.ts';
import { compareText } from '../../core/order.ts';
import { canonicalYaml } from './canonical.ts';
import { policyKey, refOf } from '../evaluate/policy-key.ts';

function byKey(policies: readonly Policy[]): ReadonlyMap<string, Policy> {
  return new Map(policies.map((each) => [policyKey(refOf(each)), each]));
}

function patch(key: string, before: Policy | undefined, after: Policy | undefined): string {
  const textOf = (policy: Policy | undefined) => (policy === undefined ? '' : canonicalYaml(policy));
  const nameOf = (side: string, policy: Policy | undefined) =>
    policy === undefined ? '/dev/null' : `${side}/${key.replaceAll('//', '/')}.yaml`;
  const [old, now] = [textOf(before), textOf(after)];
  if (old === now) return '';
  // Without the rule above the names, which is not what diff prints.
  return createTwoFilesPatch(nameOf('a', before), nameOf('b', after), old, now).replace(/^=+\n/, '');
}

/** What `diff -u` prints between two sets of policies, policy by policy in canonical form; empty where all are equal. */
export function textDiff(before: readonly Policy[], after: readonly Policy[]): string {
  const [old, now] = [byKey(before), byKey(after)];
  const keys = [...new Set([...old.keys(), ...now.keys()])].sort(compareText);
  return keys.map((key) => patch(key, old.get(key), now.get(key))).join('');
}
