import type { GeneratedPolicy } from '../../policy/generated-policy.ts';
import type { ExcludedEdge } from '../../policy/generate.ts';
import { printPolicy } from '../../policy/print.ts';
import type { ReplayResult } from '../../policy/replay.ts';
import { encodeEdge } from '../../proto/convert-edge.ts';
import type * as wire from '../../proto/wire.ts';

export function encodeGenerated({
  workload,
  policy,
  rules,
  alsoSelects,
  notes,
}: GeneratedPolicy): wire.GeneratedPolicy {
  return {
    workload,
    name: policy.metadata.name,
    yaml: printPolicy(policy),
    rules: rules.map((rule) => ({
      ...rule,
      edges: rule.edges.length,
      firstLine: 0,
      lastLine: 0,
      confidence: '',
      confidenceReason: '',
      flows: [],
      alsoAllows: [],
    })),
    alsoSelects,
    notes,
  };
}

export function encodeExcluded({ edge, direction, reason }: ExcludedEdge): wire.Excluded {
  return { edge: encodeEdge(edge), direction, reason };
}

export function encodeReplay({ findings, ...counts }: ReplayResult): wire.ReplayResult {
  return {
    ...counts,
    findings: findings.map((finding) => ({ ...finding, edge: encodeEdge(finding.edge) })),
    unusedRules: [],
    overPermission: null,
  };
}
