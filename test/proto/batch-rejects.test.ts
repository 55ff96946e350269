import fc from 'fast-check';
import t from 'tap';
import type { Address } from '../../core/address.ts';
import { type FlowRecord, zeroCounters } from '../../core/flow.ts';
import { batchFromBytes, batchToBytes, decodeBatch, encodeBatch } from '../../proto/convert-batch.ts';
import type * as wire from '../../proto/wire.ts';
import { anyBatch } from './batches.ts';

const record: FlowRecord = {
  pod: { namespace: 'shop', name: 'cart-1', uid: 'u1' },
  role: 'client',
  directionBy: 'handshake',
  remote: '10.1.0.2' as Address,
  port: 6379,
  protocol: 'TCP',
  seenAs: { address: '10.96.0.7' as Address, port: 80 },
  remoteName: 'redis.shop.svc',
  counters: { ...zeroCounters(), attempts: 3, established: 2 },
  drops: { NETFILTER_DROP: 1 },
  firstSeenUnixMs: 1_000,
  lastSeenUnixMs: 1_500,
};
const good = encodeBatch(
  {
    epoch: 1,
    sequence: 1,
    window: { startUnixMs: 1_000, endUnixMs: 6_000 },
    losses: { 'kernel-map': 2 },
    records: [record, { ...record, role: 'server', seenAs: null, remoteName: null }],
  },
  null,
);

const broken: Record<string, [change: Partial<wire.Batch>, message: RegExp]> = {
  'no id': [{ id: null }, /no id/],
  'sequence zero': [{ id: { epoch: 1, sequence: 0 } }, /sequence 0/],
  'an epoch beyond exact numbers': [{ id: { epoch: 2 ** 60, sequence: 1 } }, /epoch/],
  'an empty window': [{ windowEndUnixMs: 1_000 }, /window/],
  'a window of years': [{ windowEndUnixMs: 10 ** 12 }, /window/],
  'a short column': [{ rowPort: [1] }, /rowPort has 1 values for 2 rows/],
  'a short counter column': [{ attempts: [1] }, /attempts has 1 values for 2 rows/],
  'a pod index out of range': [{ rowPod: [0, 9] }, /row_pod 9 is out of range/],
  'an address index out of range': [{ rowRemote: [0, 9] }, /row_remote 9 is out of range/],
  'an address of five bytes': [{ addresses: [new Uint8Array(5)] }, /5 bytes/],
  'a port above 65535': [{ rowPort: [1, 70_000] }, /port of row 1 is 70000/],
  'a pod without uid': [{ pods: [{ namespace: 'shop', name: 'cart-1', uid: '' }] }, /no uid/],
  'a protocol that is not known': [{ rowProtocol: ['PROTOCOL_UNSPECIFIED', 'PROTOCOL_TCP'] }, /protocol of row 0/],
  'a role that is not known': [{ rowRole: ['ROLE_CLIENT', 'ROLE_UNSPECIFIED'] }, /role of row 1/],
  'direction evidence that is not known': [
    { rowDirectionBy: ['DIRECTION_EVIDENCE_PORTS', 'DIRECTION_EVIDENCE_UNSPECIFIED'] },
    /direction evidence of row 1/,
  ],
  'direction evidence of a later version': [
    { rowDirectionBy: [99, 1] as unknown as wire.DirectionEvidence[] },
    /direction evidence of row 0/,
  ],
  'a short evidence column': [{ rowDirectionBy: [] }, /rowDirectionBy has 0 values for 2 rows/],
  'a short seen_as column': [{ rowSeenAs: [1] }, /rowSeenAs has 1 values for 2 rows/],
  'a short column of seen_as ports': [{ rowSeenAsPort: [1, 2, 3] }, /rowSeenAsPort has 3 values for 2 rows/],
  'a short name column': [{ rowRemoteName: [1] }, /rowRemoteName has 1 values for 2 rows/],
  'a seen_as index out of range': [{ rowSeenAs: [9, 0] }, /row_seen_as 8 is out of range/],
  'a seen_as port above 65535': [{ rowSeenAsPort: [65_536, 0] }, /row_seen_as_port of row 0 is 65536/],
  'a seen_as port without an address': [{ rowSeenAsPort: [80, 80] }, /row 1 has a row_seen_as_port and no/],
  'seen_as ports without any address': [{ rowSeenAs: [] }, /row 0 has a row_seen_as_port and no/],
  'a name index out of range': [{ rowRemoteName: [0, 9] }, /row_remote_name 8 is out of range/],
  'a name of 254 bytes': [{ remoteNames: ['a'.repeat(254)] }, /remote_names: not a name/],
  'an empty name': [{ remoteNames: [''] }, /remote_names: not a name/],
  'a name with control characters': [{ remoteNames: ['\u001b[2J.example.com'] }, /remote_names: not a name/],
  'a name that is not ASCII': [{ remoteNames: ['ex\u00e4mple.com'] }, /remote_names: not a name/],
  'a count beyond exact numbers': [{ attempts: [1, 2 ** 60] }, /attempts of row 1 is not a count/],
  'last seen before first seen': [{ rowLastSeenMs: [-1, 500] }, /before it was first seen/],
  'a drop of a row that is not there': [{ dropRow: [0, 7] }, /drop_row 7/],
  'a drop for a reason that is not there': [{ dropReason: [0, 7] }, /drop_reason 7/],
  'drop columns of unequal length': [{ dropPackets: [1] }, /drop columns/],
  'a reason that objects have built in': [{ dropReasons: ['constructor'] }, /not a name/],
  'a stage with control characters': [{ losses: [{ stage: '\u001b[2J', events: 1 }] }, /not a name/],
};

t.test('the batch that the others are made from is good', async (t) => {
  t.equal(decodeBatch(good).ok, true);
});

for (const [name, [change, message]] of Object.entries(broken)) {
  t.test(`a batch is refused for ${name}`, async (t) => {
    const overWire = batchFromBytes(batchToBytes({ ...good, ...change }));
    for (const read of [decodeBatch({ ...good, ...change }), overWire]) {
      t.equal(read.ok, false);
      if (!read.ok) t.match(read.message, message);
    }
  });
}

t.test('the longest name that the DNS has is good', async (t) => {
  const remoteNames = [`${'a'.repeat(63)}.`.repeat(4).slice(0, 253)];
  const read = decodeBatch({ ...good, remoteNames });
  t.equal(read.ok && read.batch.records[0]?.remoteName, remoteNames[0]);
});

t.test('damaged bytes give a batch or a message, never an exception', async (t) => {
  let refused = 0;
  fc.assert(
    fc.property(
      anyBatch,
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 }),
      (batch, changes) => {
        const bytes = Uint8Array.from(batchToBytes(encodeBatch(batch, null)));
        for (const [position, value] of changes) bytes[position % bytes.length] = value;
        if (!batchFromBytes(bytes).ok) refused++;
      },
    ),
    { seed: 5, numRuns: 2_000 },
  );
  t.ok(refused > 100, `refused ${refused}`);
});

t.test('random and truncated bytes give a batch or a message, never an exception', async (t) => {
  const whole = batchToBytes(good);
  for (let length = 0; length < whole.length; length++) batchFromBytes(whole.subarray(0, length));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      batchFromBytes(bytes);
    }),
    { seed: 6, numRuns: 5_000 },
  );
  t.equal(batchFromBytes(whole.subarray(0, whole.length - 1)).ok, false);
});
