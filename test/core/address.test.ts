import fc from 'fast-check';
import t from 'tap';
import {
  type Address,
  addressFromBytes,
  addressToBytes,
  cidrContains,
  familyOf,
  hostCidr,
  parseAddress,
  parseCidr,
} from '../../core/address.ts';

const anyAddress = fc.oneof(
  fc.uint8Array({ minLength: 4, maxLength: 4 }).map(addressFromBytes),
  fc.uint8Array({ minLength: 16, maxLength: 16 }).map(addressFromBytes),
);

/** Membership by the bits, one at a time. */
function sharesPrefix(a: Uint8Array, b: Uint8Array, prefix: number): boolean {
  const bits = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return a.length === b.length && bits(a).slice(0, prefix) === bits(b).slice(0, prefix);
}

t.test('an address has one text however it was written', (t) => {
  t.equal(parseAddress('2001:DB8:0:0:0:0:0:1'), '2001:db8::1');
  t.equal(parseAddress('::ffff:10.1.2.3'), '10.1.2.3', 'IPv4-mapped IPv6 is IPv4');
  t.equal(parseAddress('10.1.2.3'), '10.1.2.3');
  t.end();
});

t.test('what is not a whole address is refused', (t) => {
  for (const text of [
    '',
    '10.1',
    '010.1.2.3',
    '0x0a.1.2.3',
    '10.1.2.256',
    '10.1.2.3/32',
    'fe80::1%eth0',
    'pod',
    '1::2::3',
  ]) {
    t.equal(parseAddress(text), null, JSON.stringify(text));
  }
  t.end();
});

t.test('bytes and text of an address give each other back', (t) => {
  fc.assert(
    fc.property(anyAddress, (address) => {
      const bytes = addressToBytes(address);
      return (
        addressFromBytes(bytes) === address &&
        parseAddress(address) === address &&
        bytes.length === (familyOf(address) === 4 ? 4 : 16)
      );
    }),
    { seed: 1 },
  );
  t.throws(() => addressFromBytes(new Uint8Array(5)), RangeError);
  t.end();
});

t.test('a CIDR block loses its host bits', (t) => {
  t.equal(parseCidr('10.1.2.3/8')?.text, '10.0.0.0/8');
  t.equal(parseCidr('2001:db8::ffff/33')?.text, '2001:db8::/33');
  t.equal(parseCidr('0.0.0.0/0')?.text, '0.0.0.0/0');
  t.end();
});

t.test('an IPv4 block that is written as IPv4-mapped IPv6 is the IPv4 block', (t) => {
  t.equal(parseCidr('::ffff:10.1.0.0/104')?.text, '10.0.0.0/8');
  t.equal(parseCidr('::ffff:10.1.0.0/24'), null, 'a block wider than all mapped addresses has no IPv4 form');
  t.end();
});

t.test('what is not a CIDR block is refused', (t) => {
  for (const text of [
    '',
    '10.0.0.0',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/',
    '10.0.0/8',
    '::/129',
    '10.0.0.0/8 ',
    '/8',
  ]) {
    t.equal(parseCidr(text), null, JSON.stringify(text));
  }
  t.end();
});

t.test('a block holds the addresses that share its prefix, of its own family only', (t) => {
  fc.assert(
    fc.property(anyAddress, anyAddress, fc.nat(128), fc.nat(128), (base, other, length, keep) => {
      const prefix = Math.min(length, familyOf(base) === 4 ? 32 : 128);
      const cidr = parseCidr(`${base}/${prefix}`);
      if (cidr === null) return false;
      // An address near the block: some leading bits of its base, then those of an unrelated one.
      const near = addressToBytes(base);
      const far = addressToBytes(other);
      for (let bit = Math.min(keep, near.length * 8 - 1); bit < near.length * 8; bit++) {
        const mask = 0x80 >> (bit & 7);
        near[bit >> 3] = ((near[bit >> 3] ?? 0) & ~mask) | ((far[(bit >> 3) % far.length] ?? 0) & mask);
      }
      return [addressFromBytes(near), other].every(
        (address) =>
          cidrContains(cidr, address) === sharesPrefix(addressToBytes(address), addressToBytes(base), prefix),
      );
    }),
    { seed: 2, numRuns: 500 },
  );
  t.end();
});

t.test('the block of one address is /32, and /128 for IPv6', (t) => {
  t.equal(hostCidr('203.0.113.7' as Address), '203.0.113.7/32');
  t.equal(hostCidr('2001:db8::7' as Address), '2001:db8::7/128');
  t.end();
});
