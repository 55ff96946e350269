import t from 'tap';
import { type Alias, readAlias } from '../../core/alias.ts';

const now = 1_700_000_000_000;
const bank: Alias = { name: 'bank', cidr: '203.0.113.0/24', allowed: false, expiresUnixMs: null, comment: '' };
const read = (change: Partial<Alias>) => readAlias({ ...bank, ...change }, now);

t.test('blocks are kept in canonical form, and an address is the block that holds it alone', async (t) => {
  const blocks = {
    '203.0.113.0/24': '203.0.113.0/24',
    '203.0.113.7': '203.0.113.7/32',
    '2001:DB8:0::/32': '2001:db8::/32',
    '2001:db8::7': '2001:db8::7/128',
    '::ffff:203.0.113.7': '203.0.113.7/32',
    '0.0.0.0/0': '0.0.0.0/0',
  };
  for (const [given, cidr] of Object.entries(blocks)) t.equal(read({ cidr: given }).cidr, cidr, given);
});

t.test('what is wrong with an alias is said with what to do', async (t) => {
  const wrong: Readonly<Record<string, readonly [change: Partial<Alias>, message: RegExp]>> = {
    'no block': [{ cidr: 'bank.example' }, /"bank.example" is no address or block; give one such as/],
    'empty block': [{ cidr: '' }, /is no address or block/],
    'prefix too long': [{ cidr: '203.0.113.0/33' }, /is no address or block/],
    'host bits': [{ cidr: '203.0.113.7/24' }, /203.0.113.7\/24 has bits behind its prefix; give 203.0.113.0\/24/],
    'host bits of IPv6': [{ cidr: '2001:db8::1/32' }, /give 2001:db8::\/32/],
    'no name': [{ name: '' }, /"" is no name/],
    'upper case': [{ name: 'Bank' }, /"Bank" is no name; give 1 to 63 lower case/],
    'long name': [{ name: 'a'.repeat(64) }, /is no name/],
    'name that steers a terminal': [{ name: 'a\u001b[2Jb' }, /is no name/],
    past: [{ expiresUnixMs: now }, /would expire in the past/],
    'no moment': [{ expiresUnixMs: 1.5 }, /would expire in the past/],
    'long comment': [{ comment: 'x'.repeat(201) }, /longer than 200 characters/],
  };
  for (const [what, [change, message]] of Object.entries(wrong)) {
    t.throws(() => read(change), { code: 'ALIAS_INVALID', message }, what);
  }
});

t.test('names of 63 characters, and comments in any script, are taken', async (t) => {
  const name = `a${'-.0'.repeat(20)}zz`;
  t.equal(name.length, 63);
  t.strictSame(read({ name, comment: 'Frag Jürgen 🏦' }), { ...bank, name, comment: 'Frag Jürgen 🏦' });
});
