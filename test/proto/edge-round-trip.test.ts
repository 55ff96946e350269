import t from 'tap';
import type { Address } from '../../core/address.ts';
import type { Edge, Observation } from '../../core/edge.ts';
import { zeroCounters } from '../../core/flow.ts';
import type { Entity } from '../../core/identity.ts';
import { decodeCoverage, encodeCoverage } from '../../proto/convert-coverage.ts';
import {
  decodeEdge,
  decodeEntity,
  decodeObservation,
  encodeEdge,
  encodeObservation,
} from '../../proto/convert-edge.ts';
import { byteFormOf } from '../../proto/load.ts';
import type * as wire from '../../proto/wire.ts';

const byteForm = byteFormOf<wire.Edge>('weir.v1.Edge');
const overWire = (edge: Edge) => decodeEdge(byteForm.deserialize(byteForm.serialize(encodeEdge(edge))));

const observation: Observation = {
  counters: { ...zeroCounters(), attempts: 4, established: 3, bytesToClient: 2 ** 40, rttMicros: 640, rttSamples: 3 },
  drops: { NETFILTER_DROP: 2 },
  directionBy: 'conntrack',
  serverNames: ['api.example.com', 'www.example.com'],
  firstSeenUnixMs: 1_700_000_000_000,
  lastSeenUnixMs: 1_700_000_001_000,
};
const entities: readonly Entity[] = [
  { type: 'workload', namespace: 'shop', kind: 'Deployment', name: 'cart' },
  { type: 'service', namespace: 'shop', name: 'gone' },
  { type: 'node', name: 'n1' },
  { type: 'external', address: '203.0.113.7' as Address },
  {
    type: 'external',
    address: '203.0.113.8' as Address,
    alias: { name: 'bank', cidr: '203.0.113.0/24', allowed: true },
  },
  { type: 'unresolved', address: 'fd00::7' as Address, reason: 'pod-cidr' },
];

for (const server of entities) {
  t.test(`an edge to a ${server.type} comes back from the wire as it was`, async (t) => {
    const edge: Edge = {
      client: entities[0] as Entity,
      server,
      protocol: 'TCP',
      port: 6379,
      services: [{ namespace: 'data', name: 'redis' }],
      byClient: observation,
      byServer: null,
      merged: observation,
      verdict: 'forwarded',
    };
    t.strictSame(overWire(edge), edge);
  });
}

t.test('what this version does not know is said, not guessed', async (t) => {
  const unreadable = { code: 'WIRE_INVALID' };
  t.throws(() => decodeEntity(null), unreadable);
  const message = { ...encodeObservation(observation), directionBy: 'DIRECTION_EVIDENCE_UNSPECIFIED' } as const;
  t.throws(() => decodeObservation(message), unreadable);
  t.throws(() => decodeEntity({ entity: 'external', external: 'example.org', alias: null }), unreadable);
  t.throws(
    () => decodeEntity({ entity: 'unresolved', unresolved: { address: '10.0.0.1', reason: 'because' } }),
    unreadable,
  );
});

t.test('coverage comes back as it was, with and without windows', async (t) => {
  const none = { windows: 0, incompleteWindows: 0, losses: {}, span: null, nodesWithoutAgent: ['n2'] };
  const some = { ...none, windows: 3, losses: { spool: 4 }, span: { firstUnixMs: 5, lastUnixMs: 9 } };
  for (const coverage of [none, some]) t.strictSame(decodeCoverage(encodeCoverage(coverage)), coverage);
});
