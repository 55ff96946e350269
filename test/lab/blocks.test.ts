import fc from 'fast-check';
import t from 'tap';
import { addressFromBytes, type Cidr, cidrContains, parseCidr } from '../../core/address.ts';
import { blocksWithout, portMasks } from '../../lab/blocks.ts';

/** Addresses and blocks in 10.0.0.0/24, so that they meet. */
const addresses = Array.from({ length: 256 }, (_, last) => addressFromBytes(Uint8Array.of(10, 0, 0, last)));
const block = fc
  .tuple(fc.nat(255), fc.integer({ min: 20, max: 32 }))
  .map(([last, prefix]) => parseCidr(`10.0.0.${last}/${prefix}`) as Cidr);

t.test('a block without others holds what the others do not, each address once', async (t) => {
  fc.assert(
    fc.property(block, fc.array(block, { maxLength: 4 }), (whole, except) => {
      const left = blocksWithout(whole, except);
      for (const address of addresses) {
        const wanted = cidrContains(whole, address) && !except.some((each) => cidrContains(each, address));
        if (left.filter((each) => cidrContains(each, address)).length !== (wanted ? 1 : 0)) return false;
      }
      return true;
    }),
  );
  t.strictSame(
    blocksWithout(parseCidr('10.0.0.0/30') as Cidr, [parseCidr('10.0.0.1/32') as Cidr]).map(({ text }) => text),
    ['10.0.0.0/32', '10.0.0.2/31'],
  );
});

t.test('values with masks match the ports of a range and no others', async (t) => {
  fc.assert(
    fc.property(fc.nat(0xffff), fc.nat(300), (first, more) => {
      const last = Math.min(first + more, 0xffff);
      const masks = portMasks(first, last);
      const matches = (port: number) => masks.filter(({ value, mask }) => (port & mask) === value).length;
      for (let port = Math.max(0, first - 5); port <= Math.min(0xffff, last + 5); port++) {
        if (matches(port) !== (port >= first && port <= last ? 1 : 0)) return false;
      }
      return true;
    }),
  );
  t.strictSame(portMasks(0, 0xffff), [{ value: 0, mask: 0 }], 'all ports are one');
});
