import fc from 'fast-check';
import t from 'tap';
import { Fold } from '../../agent/fold/fold.ts';
import type { Scope, SourceEdge } from '../../agent/source/source.ts';
import { type Address, parseAddress } from '../../core/address.ts';
import { zeroCounters } from '../../core/flow.ts';

const pod = { namespace: 'shop', name: 'cart-1', uid: 'u1' };
const noName = () => null;
const inPod: Scope = { type: 'namespace', cookie: 7n };
const onInterface: Scope = { type: 'interface', ifindex: 3 };
const remote = parseAddress('10.0.0.9') as Address;

function edge(scope: Scope, overrides: Partial<SourceEdge> = {}): SourceEdge {
  const counters = { ...zeroCounters(), attempts: 1 };
  const times = { firstSeenUnixMs: 100, lastSeenUnixMs: 200 };
  const far = { remote, port: 6379, protocol: 'TCP', seenAs: null } as const;
  return { scope, role: 'client', directionBy: 'handshake', ...far, counters, drops: {}, ...times, ...overrides };
}

t.test('sockets, packets and drops of one edge become one record', async (t) => {
  const fold = new Fold(() => pod, noName, 1000, 10);
  fold.add(
    [
      edge(inPod),
      edge(onInterface, { counters: { ...zeroCounters(), synPackets: 2 }, firstSeenUnixMs: 50 }),
      edge(onInterface, { counters: zeroCounters(), drops: { NETFILTER_DROP: 1 }, lastSeenUnixMs: 300 }),
    ],
    {},
    0,
  );
  const { records } = fold.take();
  t.equal(records.length, 1);
  t.match(records[0], {
    pod,
    counters: { attempts: 1, synPackets: 2 },
    drops: { NETFILTER_DROP: 1 },
    firstSeenUnixMs: 50,
    lastSeenUnixMs: 300,
  });
  t.same(fold.take().records, [], 'the next window is empty');
});

t.test('an edge waits for the name of its pod, then counts in the window in which it was named', async (t) => {
  let named = false;
  const fold = new Fold(() => (named ? pod : null), noName, 1000, 10);
  fold.add([edge(inPod)], {}, 0);
  t.same(fold.take().records, []);
  t.match(fold.ledger, { seen: 1, held: 1, folded: 0 });
  named = true;
  fold.add([], {}, 500);
  t.equal(fold.take().records.length, 1);
  t.match(fold.ledger, { seen: 1, held: 0, folded: 1 });
});

t.test('a namespace that never gets a name is foreign; a pod interface without a name is a loss', async (t) => {
  const fold = new Fold(() => null, noName, 1000, 10);
  fold.add([edge(inPod), edge(onInterface)], {}, 0);
  fold.add([], {}, 1000);
  t.match(fold.ledger, { seen: 2, foreign: 1, unnamed: 1, held: 0 });
  t.same(fold.take().losses, { identity: 1 });
});

t.test('what waits is bounded, and what is too much is counted', async (t) => {
  const fold = new Fold(() => null, noName, 1000, 3);
  fold.add(
    Array.from({ length: 10 }, (_, i) => edge(onInterface, { port: i })),
    {},
    0,
  );
  t.match(fold.ledger, { seen: 10, held: 3, unnamed: 7 });
});

t.test('losses of the kernel are those of the window in which they were read', async (t) => {
  const fold = new Fold(() => pod, noName, 1000, 10);
  fold.add([], { 'socket-edges-full': 2 }, 0);
  fold.add([], { 'socket-edges-full': 3 }, 1);
  t.same(fold.take().losses, { 'socket-edges-full': 5 });
  t.same(fold.take().losses, {});
});

t.test(
  'whatever comes in, seen is the sum of what became of it and attempts are neither lost nor doubled',
  async () => {
    const arrivals = fc.array(
      fc.record({ scope: fc.nat(5), port: fc.nat(3), known: fc.boolean(), gapMs: fc.nat(800), take: fc.boolean() }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(arrivals, (steps) => {
        const known = new Set<bigint>();
        const fold = new Fold((at) => (at.type === 'namespace' && known.has(at.cookie) ? pod : null), noName, 1000, 8);
        let now = 0;
        let reported = 0;
        const takeAll = () => {
          for (const record of fold.take().records) reported += record.counters.attempts;
        };
        for (const { scope, port, known: names, gapMs, take } of steps) {
          if (names) known.add(BigInt(scope));
          now += gapMs;
          fold.add([edge({ type: 'namespace', cookie: BigInt(scope) }, { port })], {}, now);
          if (take) takeAll();
          const { seen, folded, foreign, unnamed, held } = fold.ledger;
          if (seen !== folded + foreign + unnamed + held) return false;
        }
        takeAll();
        return reported === fold.ledger.folded;
      }),
      { seed: 20, numRuns: 300 },
    );
  },
);
