import type { Policy } from '../core/kubernetes.ts';
import type { Because } from '../policy/evaluate/because.ts';
import { canonicalYaml } from '../policy/print/canonical.ts';
import type { PolicyRule } from '../policy/replay/check.ts';
import { refOf } from '../policy/evaluate/policy-key.ts';
import { ruleText } from '../policy/explain/rule-text.ts';
import { type LineSpan, linesIn } from '../policy/print/yaml-lines.ts';
import type * as wire from './wire.ts';

/** A policy as a whole. */
export function encodePolicyRef(policy: Policy): wire.RuleRef {
  const lines = { firstLine: 0, lastLine: 0, lastUsedUnixMs: 0 };
  return { ...refOf(policy), direction: '', index: 0, summary: '', ...lines };
}

/** @param lines in the file that the policy was given in; in its canonical YAML unless told */
export function encodeRule(rule: PolicyRule, lines?: LineSpan | null): wire.RuleRef {
  const { of, direction, index, lastUse } = rule;
  const span = lines ?? linesIn(canonicalYaml(of), ['spec', direction, index]);
  return {
    ...refOf(of),
    direction,
    index,
    summary: ruleText(of, direction, index),
    firstLine: span?.first ?? 0,
    lastLine: span?.last ?? 0,
    lastUsedUnixMs: lastUse ?? 0,
  };
}

/** The policy that a decision rests on, and its rule; the first of several that isolate. Null for a default. */
export function encodeBecause(because: Because): wire.RuleRef | null {
  const nowhere = { index: 0, summary: '', firstLine: 0, lastLine: 0, lastUsedUnixMs: 0 };
  if (because.type === 'rule')
    return { ...because.policy, ...nowhere, direction: because.direction, index: because.rule };
  const [first] = because.type === 'default-deny' || because.type === 'open' ? because.policies : [];
  return first === undefined ? null : { ...first, ...nowhere, direction: '' };
}
