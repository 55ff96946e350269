import fc from 'fast-check';
import t from 'tap';
import { type Address, parseCidr } from '../../core/address.ts';
import { directionEvidence, type Endpoint, type FlowRecord, protocols, zeroCounters } from '../../core/flow.ts';
import type { PodRef } from '../../core/identity.ts';
import { nodeUidAnnotation } from '../../core/kubernetes.ts';
import { laneKey, Lanes } from '../../aggregator/graph/lane.ts';
import { observationAt, type Rows } from '../../aggregator/graph/rows.ts';
import type { Identity } from '../../aggregator/identity/identity.ts';
import { podKeys } from '../../aggregator/identity/known-pod.ts';
import type { RemoteEnd, RemotePeer } from '../../aggregator/identity/remote-peer.ts';
import { rowsOfColumns } from '../../aggregator/ingest/column-rows.ts';
import { StreamLanes } from '../../aggregator/ingest/stream-lanes.ts';
import { Subjects } from '../../aggregator/ingest/subjects.ts';
import { BatchReader } from '../../proto/decode-batch.ts';
import { BatchWriter } from '../../proto/encode-batch.ts';
import { defaultLimits } from '../../proto/limits.ts';
import { columnBatchOf, recordsOf } from '../proto/columns.ts';
import { addressOf, clusterOf, newIdentity, nodeYaml, podYaml, serviceYaml } from './cluster-fixture.ts';
import { controllers, ips, manifestsOf, parts, start } from './histories.ts';
import { RowsBuilder } from './rows-builder.ts';

const minute = 60_000;

/** What the resolver has to come to, record by record. */
function plainly(identity: Identity, lanes: Lanes, records: readonly FlowRecord[]) {
  const rows = new RowsBuilder();
  const unknown = new Set<string>();
  for (const record of records) {
    const { pod, role, protocol, remoteName } = record;
    const reporter = identity.reporter(pod);
    const { entity, port, service, waitsFor } = identity.remote(record);
    const [client, server] = role === 'client' ? [reporter, entity] : [entity, reporter];
    const serverNames = role === 'client' && remoteName !== null ? [remoteName] : [];
    rows.add(lanes.of({ client, server, protocol, port }, role, service), { ...record, serverNames });
    for (const key of [...(identity.knows(pod) ? [] : podKeys(pod)), ...waitsFor]) unknown.add(key);
  }
  return { rows: rows.finish(), unknown };
}

/** Everything that rows say, in an order of its own. */
function told(rows: Rows): string {
  const all = [...rows.lanes].map((lane, row) => JSON.stringify([laneKey(lane), observationAt(rows, row)]));
  return all.toSorted().join('\n');
}

const podNames = ['a', 'b', 'c'];
const reporters: readonly PodRef[] = [
  ...podNames.flatMap((name) =>
    ips.flatMap((ip) =>
      ['cart', 'ads'].flatMap((deployment) =>
        [0, 1].map((age) => ({ namespace: 'shop', name, uid: `${name}-${ip}-${deployment}-${age}` })),
      ),
    ),
  ),
  { namespace: 'shop', name: 'by-hand', uid: 'unknown-to-the-api' },
  { namespace: 'shop', name: 'mirror', uid: 'as-the-node-has-it' },
  { namespace: 'shop', name: 'nobody', uid: 'nobody' },
];
const far = [...ips, '10.96.0.7', '10.96.0.8', '10.96.0.9', '172.30.0.1', '172.30.0.2', '10.244.1.1', '10.244.2.9'].map(
  addressOf,
);
const remotes = [...far, addressOf('203.0.113.7'), addressOf('10.1.9.9'), addressOf('127.0.0.1')];
const ports = [80, 81, 30_080, 30_081, 8080];

const record: fc.Arbitrary<FlowRecord> = fc.record({
  pod: fc.constantFrom(...reporters),
  role: fc.constantFrom('client' as const, 'client' as const, 'server' as const),
  protocol: fc.constantFrom(...protocols.slice(0, 2)),
  directionBy: fc.constantFrom(...directionEvidence),
  remote: fc.constantFrom<Address[]>(...remotes),
  port: fc.constantFrom(...ports),
  seenAs: fc.option(
    fc.record<Endpoint>({ address: fc.constantFrom<Address[]>(...far), port: fc.constantFrom(...ports) }),
  ),
  remoteName: fc.option(fc.constantFrom('a.example', 'b.example')),
  counters: fc.nat(9).map((established) => ({ ...zeroCounters(), established, bytesToServer: 7 * established })),
  drops: fc.constantFrom({}, {}, {}, { NETFILTER_DROP: 2 }, { NETFILTER_DROP: 1, OTHER: 5 }),
  firstSeenUnixMs: fc.constant(0),
  lastSeenUnixMs: fc.constant(0),
});

/** A ReplicaSet that another controller takes over. */
const ownedReplicaSet = JSON.stringify({
  kind: 'ReplicaSet',
  metadata: {
    name: 'cart-5d4f',
    namespace: 'shop',
    uid: 'uid-cart-5d4f',
    ownerReferences: [{ kind: 'Deployment', name: 'other', uid: 'uid-other', controller: true }],
  },
  spec: { template: { metadata: {}, spec: { containers: [] } } },
});

/** What else can change who somebody is: owners that come late or change, pods without UIDs, Services that move. */
const extras = {
  controllers: fc.subarray([...controllers]),
  /** Whether the ReplicaSets of pods are not known, or not yet. */
  isOrphaned: fc.boolean(),
  adopted: fc.constantFrom(null, ownedReplicaSet),
  byHand: fc.constantFrom(null, podYaml({ name: 'by-hand', ip: '10.1.0.3', uid: '' })),
  mirror: fc.constantFrom(
    null,
    podYaml({ name: 'mirror', ip: '10.1.0.2', annotations: { [nodeUidAnnotation]: 'as-the-node-has-it' } }),
  ),
  moving: fc
    .constantFrom('10.96.0.9', '10.96.0.7', null)
    .map((ip) => ip && serviceYaml({ name: 'moving', ip, selector: { tier: 'web' }, ports: [{ port: 80 }] })),
  block: fc
    .constantFrom('10.244.9.0/24', '203.0.113.0/24', null)
    .map((block) => block && nodeYaml('n3', '172.30.0.2', block)),
};

/** A cluster of which one part is made anew with each step. */
const whole = fc.record({ ...parts, ...extras });
type Whole = typeof whole extends fc.Arbitrary<infer Value> ? Value : never;

function textsOf({ controllers: owners, isOrphaned, adopted, byHand, mirror, moving, block, ...of }: Whole): string[] {
  const some = [adopted, byHand, mirror, moving, block].filter((each) => each !== null);
  const documents = manifestsOf(of).flatMap((text) => text.split('\n---\n'));
  const shown = documents.filter((text) => !isOrphaned || !text.includes('"kind":"ReplicaSet","metadata"'));
  return [...owners, ...shown, ...some];
}

const step = fc.record({
  cluster: whole,
  /** What of the cluster is new with it. */
  news: fc.subarray(Object.keys({ ...parts, ...extras }) as (keyof Whole)[], { maxLength: 2 }),
  /** What is configured as the pods' blocks from then on; null for as before. */
  blocks: fc.constantFrom(null, null, null, ['10.1.0.0/16'], ['10.1.0.0/16', '203.0.113.0/24']),
  /** From the step before. */
  afterMs: fc.constantFrom(1_000, 10_000, 35_000, 10 * minute, 70 * minute),
  /** When the flows of its batches were seen last, before now; some agents' clocks are ahead. */
  agesMs: fc.array(fc.constantFrom(0, 0, 0, 5_000, 29_900, 30_000, 45_000, 3 * minute, 80 * minute, -5_000, -minute), {
    minLength: 1,
    maxLength: 8,
  }),
  /** Which flows of the stream are in it. */
  share: fc.nat(3),
  resets: fc.constantFrom(false, false, false, true),
});

class CountingIdentity {
  asked = 0;
  readonly identity: Identity;
  constructor(identity: Identity) {
    this.identity = identity;
    const remote = identity.remote.bind(identity);
    this.identity.remote = (end: RemoteEnd): RemotePeer => {
      this.asked++;
      return remote(end);
    };
  }
}

t.test('edges that are asked about once are counted where each record of them would be', async (t) => {
  let [rowsTold, asked] = [0, 0];
  fc.assert(
    fc.property(
      fc.array(record, { minLength: 30, maxLength: 60 }),
      fc.array(step, { minLength: 6, maxLength: 14 }),
      fc.constantFrom(5, 1_000, 1_000, 1_000),
      fc.constantFrom(6, 10_000),
      (flows, steps, maxSubjects, maxGone) => {
        const identity = newIdentity(undefined, maxGone);
        const counting = new CountingIdentity(identity);
        const subjects = new Subjects(maxSubjects);
        const lanes = new Lanes(1_000);
        const stream = new StreamLanes({ identity, subjects, lanes, foreign: { pods: 0 } }, 'n1');
        const [writer, reader] = [new BatchWriter(), new BatchReader(defaultLimits)];
        let now = start;
        let sequence = 0;
        let cluster: Whole | null = null;
        for (const { afterMs, agesMs, share, resets, news, blocks, ...next } of steps) {
          now += afterMs;
          const changed = Object.fromEntries(news.map((part) => [part, next.cluster[part]]));
          cluster = { ...(cluster ?? next.cluster), ...changed };
          subjects.changed(identity.update(clusterOf(...textsOf(cluster)), now));
          const podCidrs = blocks?.map(parseCidr).filter((block) => block !== null);
          if (podCidrs !== undefined) subjects.changed(identity.configure(podCidrs, [], now));
          if (resets) writer.reset();
          for (const ageMs of agesMs) {
            const lastSeenUnixMs = now - ageMs;
            const window = { startUnixMs: lastSeenUnixMs - 5_000, endUnixMs: lastSeenUnixMs };
            const seen = flows
              .filter((_, i) => share === 0 || i % 4 >= share)
              .map((each) => ({ ...each, firstSeenUnixMs: lastSeenUnixMs - 1_000, lastSeenUnixMs }));
            const batch = { epoch: 1, sequence: ++sequence, window, losses: {}, records: seen };
            const read = reader.read(writer.write(columnBatchOf(batch), null));
            if (read.type !== 'read') throw new Error(read.message);
            const { rows } = read.batch;
            const before = counting.asked;
            const { slots, unknown } = stream.resolve(rows, new Set());
            asked += counting.asked - before;
            rowsTold += rows.edges.length;
            const expected = plainly(identity, lanes, recordsOf(rows));
            const at = `${new Date(now).toISOString()}, flows ${ageMs} ms ago`;
            const found = told(rowsOfColumns(rows, slots, stream.lanes));
            if (found !== told(expected.rows)) throw new Error(`${at}:\n${found}\n${told(expected.rows)}`);
            const [waits, due] = [unknown, expected.unknown].map((each) => [...each].toSorted().join(' '));
            if (waits !== due) throw new Error(`${at}: waits for ${waits}, not ${due}`);
          }
        }
      },
    ),
    { seed: 11, numRuns: 40, endOnFailure: true },
  );
  t.ok(rowsTold > 10_000, `${rowsTold} rows`);
  t.ok(asked < 0.9 * rowsTold, `${asked} of them were asked about`);
});

t.test('who was waited for in vain is waited for again when more is known of the edge', async (t) => {
  const identity = newIdentity();
  const subjects = new Subjects(100);
  const stream = new StreamLanes({ identity, subjects, lanes: new Lanes(100), foreign: { pods: 0 } }, 'n1');
  const late = { namespace: 'shop', name: 'late', uid: 'uid-late' };
  const flow: FlowRecord = {
    pod: late,
    role: 'client',
    protocol: 'TCP',
    directionBy: 'handshake',
    remote: addressOf('10.1.9.9'),
    port: 80,
    seenAs: null,
    remoteName: null,
    counters: zeroCounters(),
    drops: {},
    firstSeenUnixMs: start,
    lastSeenUnixMs: start,
  };
  const [writer, reader] = [new BatchWriter(), new BatchReader(defaultLimits)];
  const window = { startUnixMs: start - 1_000, endUnixMs: start + 1_000 };
  let sequence = 0;
  const unknown = (...givenUp: readonly string[]) => {
    const batch = { epoch: 1, sequence: ++sequence, window, losses: {}, records: [flow] };
    const read = reader.read(writer.write(columnBatchOf(batch), null));
    if (read.type !== 'read') throw new Error(read.message);
    return [...stream.resolve(read.batch.rows, new Set(givenUp)).unknown].toSorted();
  };
  const ofPod = podKeys(late).toSorted();
  t.strictSame(unknown(), ['10.1.9.9', ...ofPod].toSorted());
  t.strictSame(unknown(...ofPod), ['10.1.9.9'], 'others are still waited for');
  t.strictSame(unknown('10.1.9.9', ...ofPod), []);
  t.strictSame(unknown(), [], 'nobody who was once waited for in vain');
  subjects.changed(identity.update(clusterOf(podYaml({ name: 'late', ip: '10.1.0.2' })), start));
  t.strictSame(unknown(), ['10.1.9.9'], 'the pod is known, and the edge begins anew');
});
