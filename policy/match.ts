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
const addressFamily: Match = { strength: perhaps, assumption: 'address-family' };
const addressUnknown: Match = { strength: perhaps, assumption: 'address-unknown' };

export function blockHolds(block: CompiledBlock, address: Uint8Array): boolean {
  return cidrContainsBytes(block.cidr, address) && !block.except.some((each) => cidrContainsBytes(each, address));
}

/** A pod may have an address of each family: only those of a family that both ends have can be in use. */
function matchPodInBlock(block: CompiledBlock, self: End, other: End): Match | null {
  let held = 0;
  let usable = 0;
  for (const address of other.addresses) {
    if (self.addresses.length > 0 && !self.addresses.some((each) => each.length === address.length)) continue;
    usable++;
    if (blockHolds(block, address)) held++;
  }
  if (usable === 0) return addressUnknown;
  if (held === 0) return null;
  return held === usable ? podInBlock : addressFamily;
}

function matchPod(peer: CompiledPeer, namespace: string, self: End, other: End, pod: PodPeer): Match | null {
  if (peer.type === 'block') return matchPodInBlock(peer.block, self, other);
  const inNamespace = peer.namespaces === null ? pod.namespace === namespace : peer.namespaces(pod.namespaceLabels);
  return inNamespace && peer.pods(pod.labels) ? certainMatch : null;
}

/**
 * Whether a rule's peer matches the far end of a connection. Null where it does not.
 *
 * @param namespace the policy's own
 * @param onSelfNode whether both ends are on the same node
 */
export function matchPeer(
  peer: CompiledPeer,
  namespace: string,
  self: End,
  other: End,
  onSelfNode: boolean,
): Match | null {
  if (other.peer.type === 'address') {
    const [address] = other.addresses;
    return peer.type === 'block' && address !== undefined && blockHolds(peer.block, address) ? certainMatch : null;
  }
  if (other.peer.type !== 'pod') return null;
  const match = matchPod(peer, namespace, self, other, other.peer);
  // Seen as a pod it matches; seen as its node it does only on the node of the pod itself, whose traffic always passes.
  return match !== null && other.peer.hostNetwork && !onSelfNode ? hostNetwork : match;
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
