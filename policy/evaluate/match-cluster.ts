import { type Cidr, cidrContainsBytes } from '../../core/address.ts';
import { type Assumption } from './because.ts';
import type { ClusterPeer } from './compile-cluster.ts';
import { addressUnknown, certainMatch, type Match, perhaps } from './match.ts';
import type { NodeFacts, NodeIndex } from './nodes.ts';
import type { Peer } from './query.ts';

function open(assumption: Assumption): Match {
  return { strength: perhaps, assumption };
}

const nodeUnknown = open('node-unknown');
const domainName = open('domain-name');
const serviceAddress = open('service-address');
const workloadGone = open('workload-gone');
const hidden = open('hidden');

function holds(blocks: readonly Cidr[], address: Uint8Array): boolean {
  return blocks.some((block) => cidrContainsBytes(block, address));
}

function matchIf(matches: boolean): Match | null {
  return matches ? certainMatch : null;
}

function matchNode(peer: ClusterPeer, node: NodeFacts | null): Match | null {
  if (peer.type !== 'nodes') return null;
  if (peer.every) return certainMatch;
  return node === null ? nodeUnknown : matchIf(peer.nodes(node.labels));
}

/**
 * Whether the peer of a cluster policy's rule matches the far end of a connection. Null where it does not. Pods on their
 * node's network are no pods here but addresses of their node, as the API says.
 *
 * @param address the far end's, as it is used on this connection; null where it has none
 */
export function matchClusterPeer(
  peer: ClusterPeer,
  other: Peer,
  address: Uint8Array | null,
  nodes: NodeIndex,
): Match | null {
  switch (other.type) {
    case 'service':
      return serviceAddress;
    case 'gone':
      return workloadGone;
    case 'hidden':
      return hidden;
    case 'node':
      if (peer.type !== 'networks') return matchNode(peer, nodes.named(other.name));
      return address === null ? nodeUnknown : matchIf(holds(peer.blocks, address));
    case 'address': {
      if (peer.type === 'names') return domainName;
      if (peer.type === 'networks') return matchIf(address !== null && holds(peer.blocks, address));
      const node = nodes.at(other.address);
      if (peer.type !== 'nodes') return null;
      return node === null && !nodes.isKnown ? nodeUnknown : matchIf(node !== null && peer.nodes(node.labels));
    }
    case 'pod': {
      if (peer.type === 'networks') return address === null ? addressUnknown : matchIf(holds(peer.blocks, address));
      if (other.hostNetwork) return matchNode(peer, nodes.named(other.nodeName));
      return matchIf(peer.type === 'pods' && peer.namespaces(other.namespaceLabels) && peer.pods(other.labels));
    }
  }
}
