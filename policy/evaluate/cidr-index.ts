import type { Cidr } from '../../core/address.ts';

/** Blocks of one family and prefix length, their texts by the bytes of their networks. */
interface Length {
  readonly bytes: number;
  readonly prefix: number;
  readonly blocks: Map<string, string>;
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

  constructor(blocks: Iterable<Cidr>) {
    for (const block of blocks) this.#add(block);
    this.#lengths.sort((a, b) => b.prefix - a.prefix);
  }

  /** The blocks that hold the address, as canonical text, the smallest first. */
  holdersOf(address: Uint8Array): readonly string[] {
    const holders: string[] = [];
    for (const { bytes, prefix, blocks } of this.#lengths) {
      const found = bytes === address.length ? blocks.get(keyOf(address, prefix)) : undefined;
      if (found !== undefined) holders.push(found);
    }
    return holders;
  }

  #add({ text, network, prefix }: Cidr): void {
    const bytes = network.length;
    let length = this.#lengths.find((each) => each.bytes === bytes && each.prefix === prefix);
    if (length === undefined) {
      length = { bytes, prefix, blocks: new Map() };
      this.#lengths.push(length);
    }
    length.blocks.set(keyOf(network, prefix), text);
  }
}
