import type { Peer } from './query.ts';

/** Another pod that policies cannot tell from this one: the pods of a workload talk to each other, not to themselves. */
export function sibling(peer: Peer): Peer {
  return peer.type === 'pod' ? { ...peer, name: `another ${peer.name}` } : peer;
}
