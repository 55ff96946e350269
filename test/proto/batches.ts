import fc from 'fast-check';
import { type Address, addressFromBytes } from '../../core/address.ts';
import {
  type Batch,
  counterNames,
  directionEvidence,
  type FlowCounters,
  type FlowRecord,
  protocols,
} from '../../core/flow.ts';

const count = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 3, arbitrary: fc.nat(100_000) },
  { weight: 1, arbitrary: fc.maxSafeNat() },
);
const countName = fc.stringMatching(/^[A-Z][A-Z_]{0,20}$/);
const counts = fc
  .uniqueArray(fc.tuple(countName, count), { selector: ([name]) => name, maxLength: 3 })
  .map((entries) => Object.fromEntries(entries));

const address: fc.Arbitrary<Address> = fc
  .oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 }))
  .map((bytes) => addressFromBytes(bytes));

const counters = fc
  .tuple(...counterNames.map(() => count))
  .map((values) => Object.fromEntries(counterNames.map((name, i) => [name, values[i]])) as unknown as FlowCounters);

const port = fc.integer({ min: 0, max: 65_535 });
const startUnixMs = 1_700_000_000_000;
const windowMs = 5_000;

const record: fc.Arbitrary<FlowRecord> = fc
  .record(
    {
      pod: fc.nat(5).map((n) => ({ namespace: 'shop', name: `cart-${n}`, uid: `uid-${n}` })),
      role: fc.constantFrom('client' as const, 'server' as const),
      directionBy: fc.constantFrom(...directionEvidence),
      remote: address,
      port,
      protocol: fc.constantFrom(...protocols),
      seenAs: fc.option(fc.record({ address, port }, { noNullPrototype: true })),
      remoteName: fc.option(fc.stringMatching(/^[a-z0-9-]{1,20}(\.[a-z0-9-]{1,20}){0,3}$/)),
      counters,
      drops: counts,
      first: fc.integer({ min: -windowMs, max: windowMs }),
      spread: fc.nat(windowMs),
    },
    { noNullPrototype: true },
  )
  .map(({ first, spread, ...rest }) => ({
    ...rest,
    firstSeenUnixMs: startUnixMs + first,
    lastSeenUnixMs: startUnixMs + first + spread,
  }));

/** Batches that an agent could send. */
export const anyBatch: fc.Arbitrary<Batch> = fc.record(
  {
    epoch: fc.integer({ min: 1, max: 2 ** 48 }),
    sequence: fc.integer({ min: 1, max: 2 ** 48 }),
    window: fc.constant({ startUnixMs, endUnixMs: startUnixMs + windowMs }),
    losses: counts,
    records: fc.array(record, { maxLength: 40 }),
  },
  { noNullPrototype: true },
);
