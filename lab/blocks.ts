import { addressFromBytes, type Cidr, cidrContainsBytes, parseCidr } from '../core/address.ts';

function holds(outer: Cidr, inner: Cidr): boolean {
  return outer.prefix <= inner.prefix && cidrContainsBytes(outer, inner.network);
}

function halves({ network, prefix }: Cidr): Cidr[] {
  const upper = Uint8Array.from(network);
  upper[prefix >> 3] = (upper[prefix >> 3] as number) | (0x80 >> (prefix & 7));
  return [network, upper].map((start) => parseCidr(`${addressFromBytes(start)}/${prefix + 1}`) as Cidr);
}

/** What is left of a block without others: as few blocks as that takes, none of which overlap. */
export function blocksWithout(block: Cidr, except: readonly Cidr[]): Cidr[] {
  if (except.some((each) => holds(each, block))) return [];
  const inside = except.filter((each) => holds(block, each));
  return inside.length === 0 ? [block] : halves(block).flatMap((half) => blocksWithout(half, inside));
}

/** A range of ports, both ends inclusive, as values with masks, which is how OpenFlow matches ports. */
export function portMasks(first: number, last: number): { readonly value: number; readonly mask: number }[] {
  const found: { value: number; mask: number }[] = [];
  for (let start = first; start <= last; ) {
    let size = 1;
    while (start % (size * 2) === 0 && start + size * 2 - 1 <= last) size *= 2;
    found.push({ value: start, mask: 0x10000 - size });
    start += size;
  }
  return found;
}
