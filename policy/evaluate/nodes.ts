import { addressToBytes, parseAddress } from '../../core/address.ts';
import type { Labels, Node } from '../../core/kubernetes.ts';

/** A node as policies see it. */
export interface NodeFacts {
  readonly name: string;
  readonly labels: Labels;
  readonly addresses: readonly Uint8Array[];
}

/** Finds nodes by name and by address. */
export class NodeIndex {
  readonly #byName = new Map<string, NodeFacts>();
  readonly #byAddress = new Map<string, NodeFacts>();

  constructor(nodes: readonly Node[]) {
    for (const { metadata, status } of nodes) {
      const addresses = (status.addresses ?? []).flatMap(({ address }) => parseAddress(address) ?? []);
      const facts = { name: metadata.name, labels: metadata.labels, addresses: addresses.map(addressToBytes) };
      this.#byName.set(metadata.name, facts);
      for (const address of addresses) this.#byAddress.set(address, facts);
    }
  }

  /** Whether any node is known: if none is, an address may be that of one. */
  get isKnown(): boolean {
    return this.#byName.size > 0;
  }

  named(name: string | null): NodeFacts | null {
    return name === null ? null : (this.#byName.get(name) ?? null);
  }

  at(address: string): NodeFacts | null {
    return this.#byAddress.get(address) ?? null;
  }
}
