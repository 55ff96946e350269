import type { GenerateResponse, GeneratedPolicy, RuleProvenance } from '../../../proto/wire.ts';

/** A line that can be asked about. */
export interface LineMark {
  /** The rule that it is of: its lines are chosen together. */
  readonly id: string;
  readonly confidence: string;
}

/** A rule of one of the policies, by the id that its lines have. */
export interface MarkedRule {
  readonly policy: GeneratedPolicy;
  readonly rule: RuleProvenance;
}

export interface MarkedYaml {
  readonly marks: ReadonlyMap<number, LineMark>;
  readonly rules: ReadonlyMap<string, MarkedRule>;
}

/** On which line of the whole each policy begins, from 0; where it cannot be found, it has no marks. */
function startsOf({ yaml, policies }: Pick<GenerateResponse, 'yaml' | 'policies'>): (number | null)[] {
  let from = 0;
  return policies.map((policy) => {
    const at = yaml.indexOf(policy.yaml.trimEnd(), from);
    if (at < 0) return null;
    from = at + policy.yaml.trimEnd().length;
    return yaml.slice(0, at).split('\n').length - 1;
  });
}

/** Which lines of the whole YAML are which rule's. */
export function markedYaml(answer: Pick<GenerateResponse, 'yaml' | 'policies'>): MarkedYaml {
  const marks = new Map<number, LineMark>();
  const rules = new Map<string, MarkedRule>();
  const starts = startsOf(answer);
  for (const [index, policy] of answer.policies.entries()) {
    for (const rule of policy.rules) {
      const id = `${index}/${rule.direction}/${rule.index}`;
      rules.set(id, { policy, rule });
      const start = starts[index] ?? null;
      if (start === null || rule.firstLine === 0) continue;
      for (let line = rule.firstLine; line <= rule.lastLine; line++)
        marks.set(start + line, { id, confidence: rule.confidence });
    }
  }
  return { marks, rules };
}
