import fc from 'fast-check';
import { laneKey, Lanes } from '../../aggregator/graph/lane.ts';
import { observationAt, type Rows } from '../../aggregator/graph/rows.ts';
import type { Segment } from '../../aggregator/graph/segment.ts';
import { type EdgeId, maxServerNames, type Observation } from '../../core/edge.ts';
import {
  counterNames,
  directionEvidence,
  type FlowCounters,
  protocols,
  type Role,
  zeroCounters,
} from '../../core/flow.ts';
import type { Entity, ServiceRef } from '../../core/identity.ts';
import { addressOf } from './cluster-fixture.ts';
import { RowsBuilder } from './rows-builder.ts';

/** One row by itself, for tests that look at one. */
export interface Row {
  readonly edge: EdgeId;
  readonly reporter: Role;
  readonly service: ServiceRef | null;
  readonly observation: Observation;
}

const lanes = new Lanes(1_000);

export function rowsOf(rows: readonly Row[]): Rows {
  const builder = new RowsBuilder();
  for (const { edge, reporter, service, observation } of rows) {
    builder.add(lanes.of(edge, reporter, service), observation);
  }
  return builder.finish();
}

/** In a fixed order. */
export function rowList(rows: Rows): Row[] {
  return [...[...rows.lanes].entries()]
    .toSorted(([, a], [, b]) => (laneKey(a) < laneKey(b) ? -1 : 1))
    .map(([row, { edge, reporter, service }]) => ({
      edge,
      reporter,
      service,
      observation: observationAt(rows, row),
    }));
}

export const windowMs = 5_000;
export const firstStartUnixMs = 1_700_000_000_000;

const workload = (name: string): Entity => ({ type: 'workload', namespace: 'shop', kind: 'Deployment', name });
const entity: fc.Arbitrary<Entity> = fc.constantFrom<Entity>(
  workload('cart'),
  workload('frontend'),
  workload('payment'),
  { type: 'service', namespace: 'shop', name: 'gone' },
  { type: 'node', name: 'n1' },
  { type: 'external', address: addressOf('203.0.113.7') },
  { type: 'unresolved', address: addressOf('10.1.9.9'), reason: 'pod-cidr' },
);
const count = fc.oneof(fc.constant(0), fc.nat(1_000), fc.nat(2 ** 40));
const counters: fc.Arbitrary<FlowCounters> = fc
  .tuple(...counterNames.map(() => count))
  .map((values) => Object.fromEntries(counterNames.map((name, i) => [name, values[i]])) as unknown as FlowCounters);
const drops = fc
  .uniqueArray(
    fc.tuple(fc.constantFrom('NETFILTER_DROP', 'TC_INGRESS', 'NO_SOCKET'), fc.integer({ min: 1, max: 99 })),
    {
      selector: ([reason]) => reason,
    },
  )
  .map((entries) => Object.fromEntries(entries));

/** More names than an observation keeps, so that their bound is met. */
const serverNames = fc
  .subarray(
    Array.from({ length: 2 * maxServerNames }, (_, i) => `${i}.example.com`),
    { maxLength: maxServerNames },
  )
  .map((names) => names.toSorted());

export function anyRow(startUnixMs: number): fc.Arbitrary<Row> {
  return fc
    .tuple(
      fc.record(
        {
          client: entity,
          server: entity,
          protocol: fc.constantFrom(...protocols),
          port: fc.constantFrom(53, 80, 8080, 65_535),
        },
        { noNullPrototype: true },
      ),
      fc.constantFrom('client' as const, 'server' as const),
      fc.constantFrom(null, { namespace: 'shop', name: 'cart' }, { namespace: 'data', name: 'redis' }),
      counters,
      drops,
      fc.constantFrom(...directionEvidence),
      serverNames,
      fc.integer({ min: -windowMs, max: windowMs }),
      fc.nat(windowMs),
    )
    .map(([edge, reporter, service, counted, dropped, directionBy, names, first, spread]) => ({
      edge,
      reporter,
      service,
      observation: {
        counters: counted,
        drops: dropped,
        directionBy,
        serverNames: names,
        firstSeenUnixMs: startUnixMs + first,
        lastSeenUnixMs: startUnixMs + first + spread,
      },
    }));
}

/** A segment of a node with the sequence number, in the window that this number stands for. */
export function anySegment(node: string, sequence: number, epoch = 1): fc.Arbitrary<Segment> {
  const startUnixMs = firstStartUnixMs + sequence * windowMs;
  return fc.array(anyRow(startUnixMs), { maxLength: 12 }).map((rows) => ({
    cluster: 'demo',
    node,
    epoch,
    sequence,
    window: { startUnixMs, endUnixMs: startUnixMs + windowMs },
    losses: sequence % 5 === 0 ? { 'kernel-map': sequence } : {},
    rows: rowsOf(rows),
    coded: null,
  }));
}

export function oneOf<Value>(arbitrary: fc.Arbitrary<Value>, seed: number): Value {
  return fc.sample(arbitrary, { seed, numRuns: 1 })[0] as Value;
}

/** Established connections of one edge, from one side, in the window of the sequence number. */
export function plainSegment(node: string, sequence: number, established: number, epoch = 1): Segment {
  const base = oneOf(anySegment(node, sequence, epoch), 1);
  const { startUnixMs: firstSeenUnixMs } = base.window;
  const edge = { client: workload('frontend'), server: workload('cart'), protocol: 'TCP', port: 8080 } as const;
  const observation = {
    counters: { ...zeroCounters(), established },
    drops: {},
    directionBy: 'handshake' as const,
    serverNames: [],
    firstSeenUnixMs,
    lastSeenUnixMs: firstSeenUnixMs,
  };
  return { ...base, losses: {}, rows: rowsOf([{ edge, reporter: 'client', service: null, observation }]) };
}
