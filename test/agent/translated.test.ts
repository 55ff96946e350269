import fc from 'fast-check';
import t from 'tap';
import { mergeTranslated, type OpenRecord } from '../../agent/fold/translated.ts';
import { type Address, parseAddress } from '../../core/address.ts';
import { addCounters, addDrops, counterNames, type MutableCounters, zeroCounters } from '../../core/flow.ts';

const address = (text: string) => parseAddress(text) as Address;
const service = { address: address('10.96.0.10'), port: 80 };
const pod = { namespace: 'shop', name: 'cart-1', uid: 'u1' };

function recordOf(remote: string, port: number, rest: Partial<OpenRecord> = {}): OpenRecord {
  const who = {
    pod,
    role: 'client',
    directionBy: 'handshake',
    protocol: 'TCP',
    seenAs: null,
    remoteName: null,
  } as const;
  const times = { firstSeenUnixMs: 1, lastSeenUnixMs: 2 };
  return { ...who, remote: address(remote), port, counters: zeroCounters(), drops: {}, ...times, ...rest };
}

const counts = (some: Partial<MutableCounters>) => ({ ...zeroCounters(), ...some });
const atService = (some: Partial<MutableCounters>) => recordOf('10.96.0.10', 80, { counters: counts(some) });
const behind = (remote: string, some: Partial<MutableCounters>) =>
  recordOf(remote, 8080, { seenAs: service, counters: counts(some) });

t.test('where one is behind the address, it takes all counts and the address goes', async (t) => {
  const merged = mergeTranslated([
    atService({ synPackets: 3, attempts: 1, unanswered: 1, packetsToServer: 4, bytesToServer: 400 }),
    behind('10.1.0.2', { attempts: 2, established: 2, packetsToClient: 1 }),
  ]);
  t.match(merged, [{ remote: '10.1.0.2', port: 8080, seenAs: service }]);
  const handshakes = { attempts: 3, established: 2, unanswered: 1, synPackets: 3 };
  const carried = { packetsToServer: 4, bytesToServer: 400, packetsToClient: 1 };
  t.same(merged[0]?.counters, counts({ ...handshakes, ...carried }));
});

t.test('where several are, each takes a SYN for each connection, and the rest stays with the address', async (t) => {
  const merged = mergeTranslated([
    atService({ synPackets: 7, attempts: 2, unanswered: 2 }),
    behind('10.1.0.2', { attempts: 3, established: 3 }),
    behind('10.1.0.3', { attempts: 2, established: 2, synPackets: 1 }),
  ]);
  t.same(
    merged.map(({ remote, counters }) => [remote, counters.synPackets, counters.attempts, counters.unanswered]),
    [
      ['10.96.0.10', 3, 2, 2],
      ['10.1.0.2', 3, 3, 0],
      ['10.1.0.3', 2, 2, 0],
    ],
  );
});

t.test('no more SYNs are taken than there are', async (t) => {
  const merged = mergeTranslated([
    atService({ synPackets: 2 }),
    behind('10.1.0.2', { attempts: 1, synPackets: 4 }),
    behind('10.1.0.3', { attempts: 5 }),
  ]);
  t.same(
    merged.map(({ remote, counters }) => [remote, counters.synPackets]),
    [
      ['10.1.0.2', 4],
      ['10.1.0.3', 2],
    ],
  );
});

t.test('what was dropped stays where it was seen', async (t) => {
  const dropped = recordOf('10.96.0.10', 80, { drops: { NETFILTER_DROP: 2 }, counters: counts({ synPackets: 1 }) });
  const merged = mergeTranslated([dropped, behind('10.1.0.2', { attempts: 1 })]);
  t.match(merged, [
    { remote: '10.96.0.10', drops: { NETFILTER_DROP: 2 }, counters: { synPackets: 0 } },
    { remote: '10.1.0.2', drops: {}, counters: { synPackets: 1 } },
  ]);
});

t.test('another pod, role, protocol, port or address is another conversation', async (t) => {
  const others = [
    recordOf('10.96.0.10', 80, { pod: { ...pod, uid: 'u2' }, counters: counts({ synPackets: 1 }) }),
    recordOf('10.96.0.10', 80, { role: 'server', counters: counts({ synPackets: 1 }) }),
    recordOf('10.96.0.10', 80, { protocol: 'UDP', counters: counts({ packetsToServer: 1 }) }),
    recordOf('10.96.0.10', 81, { counters: counts({ synPackets: 1 }) }),
    recordOf('10.96.0.11', 80, { counters: counts({ synPackets: 1 }) }),
  ];
  const merged = mergeTranslated([...others, behind('10.1.0.2', { attempts: 1 })]);
  t.equal(merged.length, 6);
  t.same(merged.at(-1)?.counters, counts({ attempts: 1 }));
});

t.test('a far end that is translated is kept, also when it counted nothing', async (t) => {
  t.equal(mergeTranslated([behind('10.1.0.2', {})]).length, 1);
  t.equal(mergeTranslated([behind('10.1.0.2', {}), atService({})]).length, 1);
  t.equal(mergeTranslated([atService({})]).length, 1, 'without translation nothing is touched');
});

t.test('whatever is merged, the sums are what they were', async () => {
  const counter = fc.nat(5);
  const counters = fc.record(Object.fromEntries(counterNames.map((name) => [name, counter])));
  const far = fc.record({ remote: fc.constantFrom('10.1.0.2', '10.1.0.3'), port: fc.constantFrom(80, 81) });
  const one = fc.record({
    far,
    uid: fc.constantFrom('u1', 'u2'),
    translated: fc.boolean(),
    counters,
    drops: fc.dictionary(fc.constantFrom('A', 'B'), fc.nat(3)),
  });
  const sumOf = (records: readonly OpenRecord[]) => {
    const sum = { counters: zeroCounters(), drops: { A: 0, B: 0 } };
    for (const each of records) {
      addCounters(sum.counters, each.counters);
      addDrops(sum.drops, each.drops);
    }
    return JSON.stringify([sum.counters, sum.drops['A'], sum.drops['B']]);
  };
  const keyOf = ({ pod, remote, port, seenAs }: OpenRecord) => JSON.stringify([pod.uid, remote, port, seenAs]);
  fc.assert(
    fc.property(fc.array(one, { maxLength: 12 }), (drawn) => {
      const made = drawn.map(({ far: { remote, port }, uid, translated, ...rest }) => {
        const where = translated ? recordOf(remote, port, { seenAs: service }) : recordOf('10.96.0.10', port);
        return { ...where, pod: { ...pod, uid }, counters: counts(rest.counters), drops: rest.drops };
      });
      const records = [...new Map(made.map((record) => [keyOf(record), record])).values()];
      const before = sumOf(records);
      const merged = mergeTranslated(records);
      return sumOf(merged) === before && merged.every(({ counters: { synPackets } }) => synPackets >= 0);
    }),
    { seed: 3, numRuns: 2000 },
  );
});
