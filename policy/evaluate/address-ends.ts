import { type Address, addressFromBytes, type Cidr, cidrContainsBytes, parseCidr } from '../../core/address.ts';
import { compareText } from '../../core/order.ts';

/** Addresses that no block of the policies tells apart. */
export interface AddressEnd {
  /** The block, of which those below it in the list are no part. */
  readonly block: string;
  /** One that stands for all of them. */
  readonly address: Address;
}

const everything = ['0.0.0.0/0', '::/0'].map((text) => parseCidr(text) as Cidr);

/** The address behind the last one of a block; null where there is none. */
function behind({ network, prefix }: Cidr): Uint8Array | null {
  const bytes = Uint8Array.from(network);
  for (let bit = prefix - 1; bit >= 0; bit--) {
    const [index, mask] = [bit >> 3, 0x80 >> (bit & 7)];
    const isSet = ((bytes[index] as number) & mask) !== 0;
    bytes[index] = (bytes[index] as number) ^ mask;
    // A bit that was set carries over to the one before it.
    if (!isSet) return bytes;
  }
  return null;
}

/** An address of the block that is in none of those inside it; null where they fill it. */
function representative(block: Cidr, inside: readonly Cidr[]): Uint8Array | null {
  const candidates = [block.network, ...inside.map(behind)];
  const isOwn = (address: Uint8Array | null): address is Uint8Array =>
    address !== null && cidrContainsBytes(block, address) && !inside.some((each) => cidrContainsBytes(each, address));
  return candidates.find(isOwn) ?? null;
}

/** Everything outside, in as many parts as the blocks tell apart. Sorted by family, then block. */
export function addressEnds(blocks: readonly Cidr[]): AddressEnd[] {
  const distinct = new Map([...everything, ...blocks].map((block) => [block.text, block]));
  const all = [...distinct.values()].sort((a, b) => a.family - b.family || compareText(a.text, b.text));
  return all.flatMap((block) => {
    const inside = all.filter((each) => each.prefix > block.prefix && cidrContainsBytes(block, each.network));
    const bytes = representative(block, inside);
    return bytes === null ? [] : [{ block: block.text, address: addressFromBytes(bytes) }];
  });
}
