import type { Policy } from '../../core/kubernetes.ts';
import { canonicalYaml } from '../../policy/canonical.ts';
import type { PolicyRule } from '../../policy/check.ts';
import { refOf } from '../../policy/policy-key.ts';
import { ruleText } from '../../policy/rule-text.ts';
import { type LineSpan, linesIn } from '../../policy/yaml-lines.ts';
import type * as wire from '../../proto/wire.ts';

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
