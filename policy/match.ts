import { cidrContainsBytes } from '../core/address.ts';
import type { Protocol } from '../core/flow.ts';
import type { Assumption } from './because.ts';
import type { CompiledBlock, CompiledPeer, CompiledPort } from './compile.ts';
import type { Peer, PodPeer } from './query.ts';

/** A peer with its addresses as bytes, so that no query parses text. */
export interface End {
  readonly peer: Peer;
  readonly addresses: readonly Uint8Array[];
}

/** Matches on every reading of the API, on ours (the assumption says so), or on some only. */
export const certain = 2;
export const assumed = 1;
export const perhaps = 0;

/** How a rule's peer matches an end. */
export interface Match {
  readonly strength: typeof certain | typeof assumed | typeof perhaps;
  /** Null only for a match that is certain. */
  readonly assumption: Assumption | null;
}

export const certainMatch: Match = { strength: certain, assumption: null };
const podInBlock: Match = { strength: assumed, assumption: 'pod-in-ip-block' };
const hostNetwork: Match = { strength: perhaps, assumption: 'host-network' };
/** Some of a pod's addresses are allowed, and it is not known which is in use. */
export const addressFamily: Match = { strength: perhaps, assumption: 'address-family' };
const addressUnknown: Match = { strength: perhaps, assumption: 'address-unknown' };

export function blockHolds(block: CompiledBlock, address: Uint8Array): boolean {
  return cidrContainsBytes(block.cidr, address) && !block.except.some((each) => cidrContainsBytes(each, address));
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
 * Whether a rule's peer matches the far end of a connection. Null where it does not.
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
  if (other.type !== 'pod') return null;
  const match = matchPod(peer, namespace, other, address);
  return match !== null && other.hostNetwork && !hostPodIsPod ? hostNetwork : match;
}

/** Whether a rule's port covers the server's port. Names are looked up on the server's pod, with their protocol. */
export function matchPort(rule: CompiledPort, protocol: Protocol, port: number, server: Peer): boolean {
  if (rule.protocol !== protocol) return false;
  if (rule.port === null) return true;
  if (typeof rule.port === 'number') return port >= rule.port && port <= (rule.endPort ?? rule.port);
  if (server.type !== 'pod') return false;
  for (const each of server.ports) {
    if (each.name === rule.port && each.containerPort === port && (each.protocol ?? 'TCP') === protocol) return true;
  }
  return false;
}
