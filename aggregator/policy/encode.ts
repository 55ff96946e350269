import type { ExcludedEdge } from '../../policy/generate/generate.ts';
import { encodeEdge } from '../../proto/convert-edge.ts';
import type * as wire from '../../proto/wire.ts';

export function encodeExcluded({ edge, direction, reason }: ExcludedEdge): wire.Excluded {
  return { edge: encodeEdge(edge), direction, reason };
}
