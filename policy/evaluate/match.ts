import { cidrContainsBytes } from '../../core/address.ts';
import type { Assumption } from './because.ts';
import type { CompiledBlock, CompiledPeer } from './compile.ts';
import type { Peer, PodPeer } from './query.ts';

/** Matches on every reading of the API, on ours (the assumption says so), or on some only. */
export const certain = 2;
export const assumed = 1;
export const perhaps = 0;

/** How a rule's peer matches an end. */
export interface Match {
  readonly strength: typeof certain | typeof assumed | typeof perhaps;
  /** What it takes for granted; null for what Kubernetes promises. */
  readonly assumption: Assumption | null;
}

export const certainMatch: Match = { strength: certain, assumption: null };
const podInBlock: Match = { strength: assumed, assumption: 'pod-in-ip-block' };
const hostNetwork: Match = { strength: perhaps, assumption: 'host-network' };
export const addressUnknown: Match = { strength: perhaps, assumption: 'address-unknown' };

export function blockHolds(block: CompiledBlock, address: Uint8Array): boolean {
  return cidrContainsBytes(block.cidr, address) && !block.except.some((each) => cidrContainsBytes(each, address));
}

const hidden: Match = { strength: perhaps, assumption: 'hidden' };

/** Selectors may hold what is hidden, but for those that hold all, and those of namespaces that it is not in. */
function matchHidden(peer: CompiledPeer, besides: ReadonlySet<string>): Match | null {
  if (peer.type === 'block') return hidden;
  if (peer.isEverywhere) return certainMatch;
  if (peer.namespaces === null) return null;
  return peer.named?.every((name) => besides.has(name)) === true ? null : hidden;
}

function matchPod(
  peer: CompiledPeer,
  namespace: string,
  { labels, namespace: podNamespace, namespaceLabels }: PodPeer,
  address: Uint8Array | null,
): Match | null {
  if (peer.type === 'block') {
    if (address === null) return addressUnknown;
    return blockHolds(peer.block, address) ? podInBlock : null;
  }
  const inNamespace = peer.namespaces === null ? podNamespace === namespace : peer.namespaces(namespaceLabels);
  return inNamespace && peer.pods(labels) ? certainMatch : null;
}

/**
 * Whether the peer of a NetworkPolicy's rule matches the far end of a connection. Null where it does not.
 *
 * @param namespace the policy's own
 * @param address the far end's, as it is used on this connection; null where it has none
 * @param hostPodIsPod whether a far end on its node's network can be matched like any other pod
 */
export function matchPeer(
  peer: CompiledPeer,
  namespace: string,
  other: Peer,
  address: Uint8Array | null,
  hostPodIsPod: boolean,
): Match | null {
  if (other.type === 'address') {
    return peer.type === 'block' && address !== null && blockHolds(peer.block, address) ? certainMatch : null;
  }
  if (other.type === 'hidden') return matchHidden(peer, other.besides);
  if (other.type !== 'pod') return null;
  const match = matchPod(peer, namespace, other, address);
  return match !== null && other.hostNetwork && !hostPodIsPod ? hostNetwork : match;
}
