import type { Edge } from '../core/edge.ts';
import { dialects } from '../policy/print/dialect/all.ts';
import type { DialectContext, DialectLoss, DialectName } from '../policy/print/dialect/dialect.ts';
import type { GeneratedPolicy } from '../policy/generate/generated-policy.ts';
import type { GeneratedRule } from '../policy/generate/generated-rule.ts';
import { type PolicyFile, policyFiles } from '../policy/print/policy-files.ts';
import { Printer, type RuleLines } from '../policy/print/printer.ts';
import { commentOnRule } from '../policy/generate/rule-comment.ts';
import { encodeEdge } from './convert-edge.ts';
import type * as wire from './wire.ts';

/** How generated policies are to be written. */
export interface Writing {
  readonly dialect: DialectName;
  /** Provenance of each rule as a comment above it. */
  readonly comments: boolean;
  readonly context: DialectContext;
}

export interface WrittenPolicies {
  readonly policies: readonly wire.GeneratedPolicy[];
  readonly yaml: string;
  readonly files: readonly PolicyFile[];
  readonly losses: readonly wire.DialectLoss[];
}

/** How many edges one rule shows, and all rules of an answer together. */
const maxFlowsOfRule = 100;
const maxFlows = 20_000;

/** Hands out the edges of rules until there are too many. */
class Flows {
  #left = maxFlows;

  of(edges: readonly Edge[]): wire.Edge[] {
    const shown = edges.slice(0, Math.min(maxFlowsOfRule, this.#left));
    this.#left -= shown.length;
    return shown.map(encodeEdge);
  }
}

function encodeRule(rule: GeneratedRule, lines: RuleLines | undefined, flows: Flows): wire.RuleProvenance {
  const { firstLine = 0, lastLine = 0 } = lines ?? {};
  return { ...rule, edges: rule.edges.length, firstLine, lastLine, flows: flows.of(rule.edges) };
}

function encodeLoss({ direction, ...rest }: DialectLoss, policy: GeneratedPolicy): wire.DialectLoss {
  return { workload: policy.workload, direction: direction ?? '', ...rest };
}

/** Writes policies in a dialect: each by itself, all as one stream, and as files. */
export function writePolicies(generated: readonly GeneratedPolicy[], writing: Writing): WrittenPolicies {
  const printer = new Printer();
  const flows = new Flows();
  const policies: wire.GeneratedPolicy[] = [];
  const losses: wire.DialectLoss[] = [];
  for (const each of generated) {
    const { workload, policy, rules, alsoSelects, notes } = each;
    const translated = dialects[writing.dialect](policy, writing.context);
    const ruleAt = (direction: string, index: number) =>
      rules.find((rule) => rule.direction === direction && rule.index === index);
    const { yaml, lines } = printer.printAll(translated.objects, (direction, index) => {
      const rule = writing.comments ? ruleAt(direction, index) : undefined;
      return rule === undefined ? [] : commentOnRule(rule);
    });
    const placed = rules.map((rule) => {
      const place = lines.find(({ direction, index }) => direction === rule.direction && index === rule.index);
      return encodeRule(rule, place, flows);
    });
    policies.push({ workload, name: policy.metadata.name, yaml, rules: placed, alsoSelects, notes });
    losses.push(...translated.losses.map((loss) => encodeLoss(loss, each)));
  }
  const named = policies.map(({ workload, name, yaml }) => ({ namespace: workload?.namespace ?? '', name, yaml }));
  return { policies, yaml: policies.map(({ yaml }) => yaml).join('---\n'), files: policyFiles(named), losses };
}
