import { type Address, type Cidr, type Family, familyOf, parseCidr } from '../../core/address.ts';

/** Address blocks that can be asked quickly: by one look-up for each prefix length that occurs. */
export class CidrSet {
  /** How often each was added, by its text. */
  readonly #blocks = new Map<string, number>();
  /** How many blocks have a prefix length. */
  readonly #prefixes: Readonly<Record<Family, Map<number, number>>> = { 4: new Map(), 6: new Map() };

  /** @returns whether it was not there */
  add({ text, family, prefix }: Cidr): boolean {
    count(this.#prefixes[family], prefix, 1);
    return count(this.#blocks, text, 1) === 1;
  }

  /** Takes away what was added before. @returns whether it is not there any more */
  remove({ text, family, prefix }: Cidr): boolean {
    count(this.#prefixes[family], prefix, -1);
    return count(this.#blocks, text, -1) === 0;
  }

  contains(address: Address): boolean {
    for (const prefix of this.#prefixes[familyOf(address)].keys()) {
      const block = parseCidr(`${address}/${prefix}`);
      if (block !== null && this.#blocks.has(block.text)) return true;
    }
    return false;
  }
}

function count<Key>(counts: Map<Key, number>, key: Key, by: 1 | -1): number {
  const total = (counts.get(key) ?? 0) + by;
  if (total === 0) counts.delete(key);
  else counts.set(key, total);
  return total;
}
