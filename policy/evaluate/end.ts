import { addressToBytes } from '../../core/address.ts';
import type { Direction } from '../../core/flow.ts';
import type { ContainerPort, Labels } from '../../core/kubernetes.ts';
import { compareText } from '../../core/order.ts';
import type { CidrIndex } from './cidr-index.ts';
import type { Demands } from './demands.ts';
import { anyBlock, blockText, labelTexts } from './label-index.ts';
import type { NodeIndex } from './nodes.ts';
import type { Peer, PodPeer } from './query.ts';

/** A peer with its addresses as bytes, so that no query parses text, and the class of what policies cannot tell apart. */
export interface End {
  readonly peer: Peer;
  readonly addresses: readonly Uint8Array[];
  /** Equal for ends that no policy tells apart, whichever node they are on; from 0. */
  readonly class: number;
  /** The labels of a pod and the blocks that hold the addresses, as an index looks them up. */
  readonly labels: readonly string[];
  /** The same as bits, for what the rules of policies demand. */
  readonly bits: Uint32Array;
  /** Equal for ends whose named ports are equal. */
  readonly portsText: string;
  /** Equal, for each direction, for far ends that differ at most in which rules match them; from 0. */
  readonly kind: Readonly<Record<Direction, number>>;
}

function labelsText(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => compareText(a, b)));
}

function portsText(ports: readonly ContainerPort[]): string {
  const named = ports.filter(({ name }) => name !== undefined && name !== '');
  return JSON.stringify(named.map(({ name, containerPort, protocol }) => [name, containerPort, protocol ?? 'TCP']));
}

/** The number of a text that was seen before, or the next one. */
function numberOf(numbers: Map<string, number>, text: string): number {
  let number = numbers.get(text);
  if (number === undefined) {
    number = numbers.size;
    numbers.set(text, number);
  }
  return number;
}

/** Sorts the ends of queries into classes. */
export class EndClasses {
  readonly #blocks: CidrIndex;
  readonly #nodes: NodeIndex;
  readonly #demands: Demands;
  readonly #ends = new WeakMap<Peer, End>();
  readonly #classes = new Map<string, number>();
  readonly #kinds = new Map<string, number>();

  constructor(blocks: CidrIndex, nodes: NodeIndex, demands: Demands) {
    this.#blocks = blocks;
    this.#demands = demands;
    this.#nodes = nodes;
  }

  endOf(peer: Peer): End {
    const known = this.#ends.get(peer);
    if (known !== undefined) return known;
    const addresses = this.#addressesOf(peer);
    const ports = peer.type === 'pod' ? portsText(peer.ports) : '';
    const blocks = addresses.flatMap((address) => this.#blocks.holdersOf(address));
    const held = addresses.length === 0 ? [anyBlock] : blocks.map(blockText);
    const labels = peer.type === 'pod' ? [...labelTexts(peer.labels), ...held] : held;
    const onHost = peer.type === 'pod' && peer.hostNetwork;
    const bits = this.#demands.bitsOf(labels);
    const kindText = `${peer.type} ${onHost}`;
    // The ports that count are the server's: those of the far end for egress.
    const kind = { ingress: numberOf(this.#kinds, kindText), egress: numberOf(this.#kinds, `${kindText} ${ports}`) };
    const number = numberOf(this.#classes, this.#classText(peer, addresses, ports));
    const end = { peer, addresses, class: number, labels, bits, portsText: ports, kind };
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
      case 'hidden':
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
      .map((address) => `${address.length}:${this.#blocks.holdersOf(address)[0] ?? ''}`)
      .sort()
      .join(';');
  }
}
