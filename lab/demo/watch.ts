import { setTimeout as sleep } from 'node:timers/promises';
import { type Edge, type EdgeId, edgeKey } from '../../core/edge.ts';
import type { Milliseconds } from '../../core/time.ts';
import { type ExpectedEdge, staysUnanswered } from '../expected.ts';
import type { Weir } from './weir.ts';

const askEveryMs = 250;

export interface Watched {
  /** Everything that was seen. */
  readonly edges: readonly Edge[];
  readonly missing: readonly EdgeId[];
  readonly unexpected: readonly Edge[];
  /** Unexpected edges whose reverse is expected. */
  readonly wrongDirection: readonly Edge[];
}

/** Whether an expected edge was seen to work: something came through, or it is one over which nobody answers. */
function isThere(expected: ExpectedEdge, seen: Edge | undefined): boolean {
  return seen?.verdict === 'forwarded' || (seen?.verdict === 'unanswered' && staysUnanswered(expected));
}

/** Holds what was seen against what the lab declares. */
export function compare(expectedEdges: readonly ExpectedEdge[], edges: readonly Edge[]): Watched {
  const seen = new Map(edges.map((edge) => [edgeKey(edge), edge]));
  const expected = expectedEdges.map(({ id }) => id);
  const wanted = new Set(expected.map(edgeKey));
  const unexpected = edges.filter((edge) => !wanted.has(edgeKey(edge)));
  const reversed = new Set(expected.map(({ client, server, protocol }) => pair(server, client, protocol)));
  return {
    edges,
    missing: expectedEdges.filter((each) => !isThere(each, seen.get(edgeKey(each.id)))).map(({ id }) => id),
    unexpected,
    wrongDirection: unexpected.filter(({ client, server, protocol }) => reversed.has(pair(client, server, protocol))),
  };
}

function pair(client: EdgeId['client'], server: EdgeId['server'], protocol: EdgeId['protocol']): string {
  return edgeKey({ client, server, protocol, port: 0 });
}

/**
 * Watches until everything expected was seen, and then for one more span, so that something unexpected has its chance
 * too; or until time is up.
 */
export async function watchEdges(
  weir: Weir,
  expected: readonly ExpectedEdge[],
  times: { readonly withinMs: Milliseconds; readonly settleMs: Milliseconds },
  onEdge: (edge: Edge) => void,
  abort: AbortSignal,
): Promise<Watched> {
  const endMs = performance.now() + times.withinMs;
  const shown = new Set<string>();
  let completeMs: number | null = null;
  for (;;) {
    abort.throwIfAborted();
    const watched = compare(expected, await weir.edges());
    for (const edge of watched.edges) {
      if (shown.has(edgeKey(edge))) continue;
      shown.add(edgeKey(edge));
      onEdge(edge);
    }
    const nowMs = performance.now();
    if (watched.missing.length === 0) completeMs ??= nowMs;
    if (nowMs > endMs || (completeMs !== null && nowMs >= completeMs + times.settleMs)) return watched;
    await sleep(askEveryMs);
  }
}
