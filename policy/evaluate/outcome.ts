import type { Edge } from '../../core/edge.ts';

/** Whether traffic is known to need this edge: it came through, or it is UDP that nobody answered and nobody dropped. */
export function succeeded(edge: Edge): boolean {
  return edge.verdict === 'forwarded' || isFireAndForget(edge);
}

/** UDP without an answer is ordinary (metrics, logs, traces): only a drop would show that it did not arrive. */
export function isFireAndForget(edge: Edge): boolean {
  return edge.protocol === 'UDP' && edge.verdict === 'unanswered';
}
