import type { ExcludedEdge } from '../../policy/generate.ts';
import type { ReplayResult } from '../../policy/replay.ts';
import { encodeEdge } from '../../proto/convert-edge.ts';
import type * as wire from '../../proto/wire.ts';

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
