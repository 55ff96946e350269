import { addressToBytes } from '../core/address.ts';
import type { ContainerPort, Labels } from '../core/kubernetes.ts';
import { compareText } from '../core/order.ts';
import type { CidrIndex } from './cidr-index.ts';
import type { NodeIndex } from './nodes.ts';
import type { Peer, PodPeer } from './query.ts';

/** A peer with its addresses as bytes, so that no query parses text, and the class of what policies cannot tell apart. */
export interface End {
  readonly peer: Peer;
  readonly addresses: readonly Uint8Array[];
  /** Equal for ends that no policy tells apart, whichever node they are on; from 0. */
  readonly class: number;
  /** Equal for ends whose named ports are equal. */
  readonly portsText: string;
}

function labelsText(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => compareText(a, b)));
}

function portsText(ports: readonly ContainerPort[]): string {
  const named = ports.filter(({ name }) => name !== undefined && name !== '');
  return JSON.stringify(named.map(({ name, containerPort, protocol }) => [name, containerPort, protocol ?? 'TCP']));
}

/** Sorts the ends of queries into classes. */
export class EndClasses {
  readonly #blocks: CidrIndex;
  readonly #nodes: NodeIndex;
  readonly #ends = new WeakMap<Peer, End>();
  readonly #classes = new Map<string, number>();

  constructor(blocks: CidrIndex, nodes: NodeIndex) {
    this.#blocks = blocks;
    this.#nodes = nodes;
  }

  endOf(peer: Peer): End {
    const known = this.#ends.get(peer);
    if (known !== undefined) return known;
    const addresses = this.#addressesOf(peer);
    const ports = peer.type === 'pod' ? portsText(peer.ports) : '';
    const text = this.#classText(peer, addresses, ports);
    let number = this.#classes.get(text);
    if (number === undefined) {
      number = this.#classes.size;
      this.#classes.set(text, number);
    }
    const end = { peer, addresses, class: number, portsText: ports };
    this.#ends.set(peer, end);
    return end;
  }

  #addressesOf(peer: Peer): readonly Uint8Array[] {
    if (peer.type === 'address') return [addressToBytes(peer.address)];
    if (peer.type === 'node') return this.#nodes.named(peer.name)?.addresses ?? [];
    return peer.type === 'pod' ? peer.addresses.map(addressToBytes) : [];
  }

  #classText(peer: Peer, addresses: readonly Uint8Array[], ports: string): string {
    switch (peer.type) {
      case 'pod':
        return this.#podText(peer, addresses, ports);
      case 'address':
        return `address ${this.#addressText(addresses)} ${this.#nodes.at(peer.address)?.name ?? ''}`;
      case 'node':
        return `node ${peer.name}`;
      case 'service':
      case 'gone':
        return peer.type;
    }
  }

  #podText(pod: PodPeer, addresses: readonly Uint8Array[], ports: string): string {
    const { namespace, labels, namespaceLabels, hostNetwork, nodeName } = pod;
    const host = hostNetwork ? nodeName : false;
    const texts = [labelsText(labels), labelsText(namespaceLabels), ports, this.#addressText(addresses)];
    return JSON.stringify([namespace, host, ...texts]);
  }

  #addressText(addresses: readonly Uint8Array[]): string {
    return addresses
      .map((address) => `${address.length}:${this.#blocks.classOf(address)}`)
      .sort()
      .join(';');
  }
}
