import { type Address, type Cidr, familyOf, parseCidr } from '../../core/address.ts';

/** Address blocks that can be asked quickly: by one look-up for each prefix length that occurs. */
export class CidrSet {
  readonly #blocks: ReadonlySet<string>;
  readonly #prefixes: Readonly<Record<4 | 6, readonly number[]>>;

  constructor(blocks: readonly Cidr[]) {
    this.#blocks = new Set(blocks.map(({ text }) => text));
    const prefixes = (wanted: 4 | 6) =>
      [...new Set(blocks.filter(({ family }) => family === wanted).map(({ prefix }) => prefix))].toSorted(
        (a, b) => a - b,
      );
    this.#prefixes = { 4: prefixes(4), 6: prefixes(6) };
  }

  contains(address: Address): boolean {
    return this.#prefixes[familyOf(address)].some((prefix) => {
      const block = parseCidr(`${address}/${prefix}`);
      return block !== null && this.#blocks.has(block.text);
    });
  }
}
