import type { ExcludedEdge } from '../../policy/generate.ts';
import type { ReplayFinding, ReplayResult } from '../../policy/replay.ts';
import { encodeEdge } from '../../proto/convert-edge.ts';
import type * as wire from '../../proto/wire.ts';

export function encodeExcluded({ edge, direction, reason }: ExcludedEdge): wire.Excluded {
  return { edge: encodeEdge(edge), direction, reason };
}

export function encodeFinding(finding: ReplayFinding): wire.ReplayFinding {
  return { ...finding, edge: encodeEdge(finding.edge) };
}

export function encodeReplay({ findings, ...counts }: ReplayResult): wire.ReplayResult {
  return {
    ...counts,
    findings: findings.map(encodeFinding),
    unusedRules: [],
    overPermission: null,
  };
}
