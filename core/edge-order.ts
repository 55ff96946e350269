import type { Edge } from './edge.ts';
import { droppedPackets } from './flow.ts';

/** By what edges are put in order, the most first. */
export const edgeOrders = ['ends', 'bytes', 'connections', 'last-seen', 'denied'] as const;
export type EdgeOrder = (typeof edgeOrders)[number];

/** In both directions. */
export function bytesOf({ merged: { counters } }: Edge): number {
  return counters.bytesToServer + counters.bytesToClient;
}

/** Connections and associations, or packets to the server where a protocol has neither. */
export function timesOf({ protocol, merged: { counters } }: Edge): number {
  if (protocol !== 'TCP' && protocol !== 'SCTP') return counters.packetsToServer;
  return Math.max(counters.established, counters.attempts);
}

/** Dropped packets and refused attempts. */
export function deniedOf({ merged: { counters, drops } }: Edge): number {
  return droppedPackets(drops) + counters.refused;
}

const measures: Readonly<Record<Exclude<EdgeOrder, 'ends'>, (edge: Edge) => number>> = {
  bytes: bytesOf,
  connections: timesOf,
  'last-seen': ({ merged }) => merged.lastSeenUnixMs,
  denied: deniedOf,
};

/** Puts edges that are sorted by their ends in another order; those that are equal in it stay as they are. */
export function orderEdges(edges: readonly Edge[], order: EdgeOrder): readonly Edge[] {
  if (order === 'ends') return edges;
  const measure = measures[order];
  return edges
    .map((edge) => ({ edge, value: measure(edge) }))
    .sort((a, b) => b.value - a.value)
    .map(({ edge }) => edge);
}
