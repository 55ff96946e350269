import { setTimeout } from 'node:timers/promises';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { Names } from '../../agent/names/names.ts';
import type { DnsPayload, Scope } from '../../agent/source/source.ts';
import { type Address, parseAddress } from '../../core/address.ts';
import type { PodRef } from '../../core/identity.ts';
import { answerTo, record, streamOf } from './dns-messages.ts';
import { fakeClock } from './fake-clock.ts';

const address = (text: string) => parseAddress(text) as Address;
const pods: readonly PodRef[] = ['a', 'b'].map((name) => ({ namespace: 'shop', name, uid: `uid-${name}` }));
const [a, b] = pods as [PodRef, PodRef];
const byInterface = (scope: Scope) => (scope.type === 'interface' ? (pods[scope.ifindex] ?? null) : null);

function payload(ifindex: number, bytes: Buffer, sequence: number | null = null, cut = false): DnsPayload {
  const server = address('10.96.0.10');
  return { scope: { type: 'interface', ifindex }, server, clientPort: 40_000, sequence, payload: bytes, cut };
}

const external = address('192.0.2.7');
const answer = (name: string, ttl = 60) => answerTo(name, [record('A', name, external, ttl)]);

t.test('a name is known to the pod that asked for it, and to no other', async (t) => {
  const names = new Names(byInterface, 1000);
  names.add([payload(0, answer('api.example.com')), payload(1, answer('www.example.com'))], 0);
  t.equal(names.nameOf(a, external), 'api.example.com');
  t.equal(names.nameOf(b, external), 'www.example.com');
  t.equal(names.nameOf(a, address('192.0.2.8')), null);
  t.equal(names.nameOf({ ...a, uid: 'uid-of-a-later-pod' }, external), null, 'pods are told apart by their uid');
});

t.test('of several names the last one counts', async (t) => {
  const names = new Names(byInterface, 1000);
  names.add([payload(0, answer('old.example.com')), payload(0, answer('new.example.com'))], 0);
  t.equal(names.nameOf(a, external), 'new.example.com');
});

t.test('behind CNAMEs the name is the one that was asked for', async (t) => {
  const names = new Names(byInterface, 1000);
  const chain = [
    record('CNAME', 'www.example.com', 'cdn.example.net'),
    record('CNAME', 'cdn.example.net', 'pop.example.org'),
    record('A', 'pop.example.org', external),
    record('AAAA', 'pop.example.org', '2001:db8::7'),
  ];
  names.add([payload(0, answerTo('www.example.com', chain))], 0);
  t.equal(names.nameOf(a, external), 'www.example.com');
  t.equal(names.nameOf(a, address('2001:db8::7')), 'www.example.com');
});

t.test('a name lives as long as its answer may be used, and some time more', async (t: Test) => {
  const clock = fakeClock(t);
  /** The cache of names looks at the clock once a millisecond. */
  const after = async (ms: number) => {
    await setTimeout(5);
    clock.advance(ms);
  };
  const names = new Names(byInterface, 1000);
  names.add([payload(0, answer('api.example.com', 10))], 0);
  await after(310_001);
  t.equal(names.nameOf(a, external), null, 'nobody used it in time');
  names.add([payload(0, answer('api.example.com', 10))], 0);
  for (let window = 0; window < 4; window++) {
    await after(200_000);
    t.equal(names.nameOf(a, external), 'api.example.com', 'a connection that lives on keeps its name');
  }
  await after(310_001);
  t.equal(names.nameOf(a, external), null);
});

t.test('an answer waits for the name of its pod, and no longer than it may', async (t) => {
  let known = false;
  const names = new Names((scope) => (known ? byInterface(scope) : null), 1000);
  names.add([payload(0, answer('api.example.com'))], 0);
  t.same(names.ledger, { seen: 1, learned: 0, partial: 0, unreadable: 0, unnamed: 0, unread: 0, waiting: 1 });
  known = true;
  names.add([], 999);
  t.equal(names.nameOf(a, external), 'api.example.com');
  t.same(names.ledger, { seen: 1, learned: 1, partial: 0, unreadable: 0, unnamed: 0, unread: 0, waiting: 0 });
  known = false;
  names.add([payload(1, answer('www.example.com'))], 1000);
  names.add([], 2000);
  known = true;
  names.add([], 2001);
  t.equal(names.nameOf(b, external), null);
  t.match(names.ledger, { seen: 2, learned: 1, unnamed: 1, waiting: 0 });
});

t.test('what waits is bounded, and what is too much is counted', async (t) => {
  const names = new Names(() => null, 1000);
  names.add(Array(5000).fill(payload(0, answer('api.example.com'))), 0);
  t.match(names.ledger, { seen: 5000, waiting: 4096, unnamed: 904 });
});

t.test('what comes faster than it can be read is counted, and what comes later is read', async (t) => {
  const clock = fakeClock(t);
  let readingMs = 20;
  const names = new Names((scope) => {
    clock.advance(readingMs);
    return byInterface(scope);
  }, 1000);
  const old = answer('old.example.com');
  names.add(Array(10).fill(payload(0, old)), 0);
  t.match(names.ledger, { seen: 10, learned: 3, unread: 7, waiting: 0 }, 'those that fit into 50 ms, and one more');
  readingMs = 0;
  names.add([payload(0, answer('new.example.com'))], 0);
  t.match(names.ledger, { seen: 11, learned: 4, unread: 7 });
  t.equal(names.nameOf(a, external), 'new.example.com');
});

t.test('a message in several segments counts once it is whole', async (t) => {
  const stream = streamOf([answer('api.example.com')]);
  const names = new Names(byInterface, 1000);
  names.add([payload(0, stream.subarray(0, 5), 100), payload(0, stream.subarray(5, 9), 105)], 0);
  t.match(names.ledger, { seen: 2, partial: 2, learned: 0 });
  names.add([payload(0, stream.subarray(9), 109)], 0);
  t.match(names.ledger, { seen: 3, partial: 2, learned: 1 });
  t.equal(names.nameOf(a, external), 'api.example.com');
});

t.test('segments of two pods to one server are two streams', async (t) => {
  const names = new Names(byInterface, 1000);
  const stream = streamOf([answer('api.example.com')]);
  names.add([payload(0, stream.subarray(0, 9), 100), payload(1, stream.subarray(9), 109)], 0);
  t.equal(names.nameOf(a, external), null);
  t.equal(names.nameOf(b, external), null);
});

t.test('what is cut or cannot be read is counted', async (t) => {
  const names = new Names(byInterface, 1000);
  const stream = streamOf([answer('api.example.com')]);
  names.add([payload(0, answer('api.example.com').subarray(0, 30)), payload(0, Buffer.from('GET / HTTP/1.1'))], 0);
  names.add([payload(0, answer('api.example.com'), null, true), payload(0, stream, 1, true)], 0);
  t.match(names.ledger, { seen: 4, unreadable: 4, learned: 0 });
});

t.test('whatever comes in, seen is the sum of what became of it', async () => {
  const whole = answer('api.example.com');
  const bytes = fc.oneof(
    fc.constant(whole),
    fc.nat(whole.length).map((length) => whole.subarray(0, length)),
    fc.uint8Array({ maxLength: 60 }).map((each) => Buffer.from(each)),
    fc.nat(whole.length).map((length) => streamOf([whole]).subarray(0, length)),
  );
  const arrival = fc.tuple(fc.nat(3), bytes, fc.option(fc.nat(200)), fc.boolean());
  const step = fc.record({ arrivals: fc.array(arrival, { maxLength: 6 }), gapMs: fc.nat(900), known: fc.nat(2) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      let known = 0;
      let now = 0;
      const names = new Names((scope) => {
        return scope.type === 'interface' && scope.ifindex < known ? byInterface(scope) : null;
      }, 1000);
      let seen = 0;
      for (const each of steps) {
        known = Math.max(known, each.known);
        now += each.gapMs;
        seen += each.arrivals.length;
        names.add(
          each.arrivals.map((parts) => payload(...parts)),
          now,
        );
        const { learned, partial, unreadable, unnamed, unread, waiting } = names.ledger;
        const fates = learned + partial + unreadable + unnamed + unread + waiting;
        if (names.ledger.seen !== seen || seen !== fates) return false;
      }
      return true;
    }),
    { seed: 1, numRuns: 500 },
  );
});
