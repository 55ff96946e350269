import { type Answer, encode } from 'dns-packet';
import fc from 'fast-check';
import t from 'tap';
import { readAnswer } from '../../agent/names/answers.ts';
import { addressFromBytes, parseAddress } from '../../core/address.ts';
import { answerTo, record } from './dns-messages.ts';

const seed = Number(process.env['WEIR_FUZZ_SEED'] ?? 1);

t.test('every address belongs to the name that was asked for, behind however many CNAMEs', async (t) => {
  const message = answerTo('www.Example.com', [
    record('CNAME', 'www.example.com', 'edge.cdn.example'),
    record('CNAME', 'edge.cdn.example', 'pop7.cdn.example'),
    record('A', 'pop7.cdn.example', '192.0.2.7', 30),
    record('AAAA', 'pop7.cdn.example', '2001:db8::7', 40),
  ]);
  t.same(readAnswer(message), [
    { address: '192.0.2.7', name: 'www.example.com', ttl: 30 },
    { address: '2001:db8::7', name: 'www.example.com', ttl: 40 },
  ]);
});

t.test('multicast DNS, which repeats no question, names its own records and no others', async (t) => {
  const answers = [record('A', 'printer.local', '192.0.2.9', 120), record('A', 'bank.example', '192.0.2.10')];
  const message = encode({ type: 'response', answers });
  t.same(readAnswer(message), [{ address: '192.0.2.9', name: 'printer.local', ttl: 120 }]);
});

t.test('a name that nobody could read out is not told', async (t) => {
  for (const name of ['a b.example', 'a\u001b[31m.example', '-a.example', 'a*b.example', 'ü.example', '.']) {
    t.same(readAnswer(answerTo(name, [record('A', name, '192.0.2.1')])), [], JSON.stringify(name));
  }
  t.match(readAnswer(answerTo('_sip._tcp.example', [record('A', 'x', '192.0.2.1')])), [{ name: '_sip._tcp.example' }]);
});

/** Service parameters (RFC 9460, 2.2): key, length, value. */
function parameter(key: number, ...value: number[]): Buffer {
  return Buffer.from([key >> 8, key & 0xff, value.length >> 8, value.length & 0xff, ...value]);
}

/** An HTTPS record of RFC 9460, with the root or another name as its target. */
function https(name: string, parameters: readonly Buffer[], target: readonly number[] = [0]): Answer {
  const data = Buffer.concat([Buffer.from([0, 1, ...target]), ...parameters]);
  return { type: 'UNKNOWN_65', name, ttl: 90, data } as unknown as Answer;
}

t.test('the addresses that an HTTPS record hints at belong to the name that was asked for', async (t) => {
  const ipv6 = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9];
  const parameters = [
    parameter(1, 2, 0x68, 0x32),
    parameter(4, 192, 0, 2, 4, 192, 0, 2, 5),
    parameter(6, ...ipv6),
    parameter(65_280, 1),
  ];
  const wanted = ['192.0.2.4', '192.0.2.5', '2001:db8::9'].map((address) => ({
    address,
    name: 'shop.example',
    ttl: 90,
  }));
  for (const target of [[0], [3, 0x63, 0x64, 0x6e, 0]]) {
    t.same(readAnswer(answerTo('shop.example', [https('shop.example', parameters, target)])), wanted);
  }
});

t.test('an HTTPS record that is not well formed hints at nothing', async (t) => {
  const tooLong = Buffer.from([0, 4, 0, 8, 192, 0, 2, 4]);
  const broken = [[parameter(4, 192, 0, 2)], [tooLong], [parameter(4, 192, 0, 2, 4), Buffer.from([0])]];
  for (const parameters of broken) {
    t.same(readAnswer(answerTo('shop.example', [https('shop.example', parameters)])), []);
  }
  t.same(readAnswer(answerTo('shop.example', [https('shop.example', [], [63, 1])])), []);
});

t.test('a question is no answer, and neither is what is cut off', async (t) => {
  t.equal(readAnswer(encode({ type: 'query', questions: [{ type: 'A', name: 'a.example' }] })), null);
  const whole = answerTo('a.example', [record('A', 'a.example', '192.0.2.1')]);
  for (let length = 0; length < whole.length; length++) {
    t.same(readAnswer(whole.subarray(0, length)) ?? [], [], `${length} of ${whole.length} bytes`);
  }
});

const label = fc.string({ minLength: 1, maxLength: 20, unit: fc.constantFrom('a', 'b', 'Z', '0', '9') });
const hostName = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.'));
const ttl = fc.nat(100_000);
const ipv4 = fc.ipV4();
const group = fc.constantFrom(0, 0, 0, 1, 0xab, 0xffff);
const ipv6 = fc
  .array(group, { minLength: 8, maxLength: 8 })
  .map((groups) => addressFromBytes(Buffer.from(new Uint16Array(groups).buffer).swap16()))
  .filter((text) => text.includes(':'));
const answer: fc.Arbitrary<Answer> = fc.oneof(
  fc.tuple(hostName, ipv4, ttl).map(([name, data, life]) => record('A', name, data, life)),
  fc.tuple(hostName, ipv6, ttl).map(([name, data, life]) => record('AAAA', name, data, life)),
  fc.tuple(hostName, hostName, ttl).map(([name, data, life]) => record('CNAME', name, data, life)),
  fc.tuple(hostName, fc.uint8Array({ maxLength: 40 })).map(([name, bytes]) => https(name, [Buffer.from(bytes)])),
  fc.tuple(hostName, fc.string()).map(([name, text]): Answer => ({ type: 'TXT', name, data: [text] })),
);
const built = fc.tuple(hostName, fc.array(answer, { maxLength: 12 }));

t.test('what was put into a message is read from it', async () => {
  fc.assert(
    fc.property(built, ([asked, answers]) => {
      const wanted = answers.flatMap((each) =>
        each.type === 'A' || each.type === 'AAAA'
          ? [{ address: parseAddress(each.data), name: asked.toLowerCase(), ttl: each.ttl }]
          : [],
      );
      const read = readAnswer(answerTo(asked, answers));
      if (JSON.stringify(read) !== JSON.stringify(wanted)) throw new Error(`read ${JSON.stringify(read)}`);
    }),
    { seed, numRuns: 2000 },
  );
});

t.test('no bytes make it throw, and what it reads from them is readable', async () => {
  const damages = fc.array(fc.tuple(fc.nat(600), fc.oneof(fc.nat(255), fc.constantFrom(0xc0, 0xff, 0x3f))), {
    maxLength: 6,
  });
  const mutated = fc.tuple(built, damages, fc.nat(600)).map(([[asked, answers], changes, cut]) => {
    const message = Buffer.from(answerTo(asked, answers));
    for (const [at, byte] of changes) message[at % message.length] = byte;
    return cut % 3 === 0 ? message.subarray(0, cut % message.length) : message;
  });
  const noise = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
  const response = noise.map((bytes) =>
    Buffer.concat([Buffer.from([0, 1, 0x81, 0x80, 0, 1, 0, 2, 0, 0, 0, 0]), bytes]),
  );
  fc.assert(
    fc.property(fc.oneof({ weight: 4, arbitrary: mutated }, noise, response), (message) => {
      for (const { address, name, ttl: life } of readAnswer(message) ?? []) {
        const fine = parseAddress(address) === address && /^[a-z0-9_.-]{1,253}$/.test(name) && life >= 0;
        if (!fine) throw new Error(`${message.toString('hex')} gave ${JSON.stringify({ address, name, life })}`);
      }
    }),
    { seed, numRuns: 20_000 },
  );
});

t.test('no address is made of what a cut record lacks', async (t) => {
  const whole = answerTo('a.example', [record('AAAA', 'a.example', '2001:db8:1:2:3:4:5:6')]);
  for (let length = 0; length < whole.length; length++) {
    t.same(readAnswer(whole.subarray(0, length)) ?? [], [], `${length} of ${whole.length} bytes`);
  }
});
