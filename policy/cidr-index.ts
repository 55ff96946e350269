import type { Cidr } from '../core/address.ts';

/** Blocks of one family and prefix length, by the bytes of their networks. */
interface Length {
  readonly bytes: number;
  readonly prefix: number;
  readonly blocks: Map<string, number>;
}

/** The first bits of an address, as a text to look up. */
function keyOf(address: Uint8Array, prefix: number): string {
  const whole = prefix >> 3;
  let key = String.fromCharCode(...address.subarray(0, whole));
  const rest = prefix & 7;
  if (rest > 0) key += String.fromCharCode((address[whole] as number) & (0xff << (8 - rest)));
  return key;
}

/**
 * Tells addresses apart as far as a set of blocks does. Two blocks never overlap in part, so the smallest block that
 * holds an address says which others do.
 */
export class CidrIndex {
  readonly #lengths: Length[] = [];
  #count = 0;

  constructor(blocks: Iterable<Cidr>) {
    for (const { network, prefix } of blocks) this.#add(network, prefix);
    this.#lengths.sort((a, b) => b.prefix - a.prefix);
  }

  /** The number of the smallest block that holds the address, from 1; 0 where none does. */
  classOf(address: Uint8Array): number {
    for (const { bytes, prefix, blocks } of this.#lengths) {
      const found = bytes === address.length ? blocks.get(keyOf(address, prefix)) : undefined;
      if (found !== undefined) return found;
    }
    return 0;
  }

  #add(network: Uint8Array, prefix: number): void {
    const bytes = network.length;
    let length = this.#lengths.find((each) => each.bytes === bytes && each.prefix === prefix);
    if (length === undefined) {
      length = { bytes, prefix, blocks: new Map() };
      this.#lengths.push(length);
    }
    const key = keyOf(network, prefix);
    if (!length.blocks.has(key)) length.blocks.set(key, ++this.#count);
  }
}
