import t from 'tap';
import { crc32 } from 'node:zlib';
import type { Address } from '../../core/address.ts';
import { type FlowRecord, zeroCounters } from '../../core/flow.ts';
import { writeColumn } from '../../proto/column.ts';
import { BatchReader, type ReadBatch } from '../../proto/decode-batch.ts';
import { BatchWriter } from '../../proto/encode-batch.ts';
import { defaultLimits } from '../../proto/limits.ts';
import { byteFormOf } from '../../proto/load.ts';
import type * as wire from '../../proto/wire.ts';
import { columnBatchOf } from './columns.ts';

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
const batch = {
  epoch: 1,
  sequence: 1,
  window: { startUnixMs: 1_000, endUnixMs: 6_000 },
  losses: { 'kernel-map': 2 },
  records: [record, { ...record, role: 'server', seenAs: null, remoteName: null, drops: {} } as const],
};

const bodyForm = byteFormOf<wire.BatchBody>('weir.v1.BatchBody');
const bodyOf = ({ body }: wire.Batch) => bodyForm.deserialize(Buffer.from(body));
const frameOf = (change: wire.BatchBody): wire.Batch => {
  const body = bodyForm.serialize(change);
  return { body, crc32: crc32(body) };
};
const good = bodyOf(new BatchWriter().write(columnBatchOf(batch), null));
const read = (frame: wire.Batch, limits = defaultLimits): ReadBatch => new BatchReader(limits).read(frame);

const rows = (change: Partial<wire.Rows>) => ({ ...good, rows: { ...(good.rows as wire.Rows), ...change } });
const additions = (change: Partial<wire.Additions>) => ({
  ...good,
  additions: { ...(good.additions as wire.Additions), ...change },
});
const edges = (change: Partial<wire.Edges>) =>
  additions({ edges: { ...(good.additions?.edges as wire.Edges), ...change } });
const column = (...values: number[]) => writeColumn(values);

const broken: Record<string, [body: wire.BatchBody, message: RegExp]> = {
  'no id': [{ ...good, id: null }, /no id/],
  'sequence zero': [{ ...good, id: { epoch: 1, sequence: 0 } }, /sequence 0/],
  'an epoch beyond exact numbers': [{ ...good, id: { epoch: 2 ** 60, sequence: 1 } }, /epoch/],
  'a first sequence behind its last': [{ ...good, firstSequence: 2 }, /first_sequence 2 is behind 1/],
  'an empty window': [{ ...good, windowEndUnixMs: 1_000 }, /window/],
  'a window of years': [{ ...good, windowEndUnixMs: 10 ** 12 }, /window/],
  'a stage with control characters': [{ ...good, losses: [{ stage: '\u001b[2J', events: 1 }] }, /not a name/],
  'a column with fewer values than rows': [rows({ established: column(1) }), /column established/],
  'a column with more values than rows': [rows({ established: column(1, 2, 3, 4, 5) }), /column established has/],
  'a column that is none': [rows({ established: Uint8Array.of(200, 1) }), /column established begins with 200/],
  'more rows than edges': [rows({ count: 3, edges: column(0, 0, 0) }), /edge 2 is not in the dictionary: there are 2/],
  'an edge that was not said': [rows({ edges: column(0, 7) }), /edge 8 is not in the dictionary/],
  'a count beyond exact numbers': [
    rows({ established: Uint8Array.of(52, 0b01100000, ...new Uint8Array(12)) }),
    /column established holds at 0 what is no count/,
  ],
  'last seen before first seen': [rows({ firstSeen: column(200, 0) }), /before it was first seen/],
  'a time beyond exact numbers': [rows({ lastSeen: column(2 ** 52, 0) }), /times of row 0/],
  'a drop of a row that is not there': [rows({ dropRows: column(7) }), /drop_rows 7/],
  'a drop for a reason that was not said': [rows({ dropReasons: column(7) }), /drop reason 7 is not in the dictionary/],
  'drops of one row and reason twice': [
    rows({ dropCount: 2, dropRows: column(0, 0), dropReasons: column(0, 0), dropPackets: column(1, 1) }),
    /row 0 has drops of one reason twice/,
  ],
  'more drops than there are values': [rows({ dropCount: 9 }), /drop_packets/],
  'a pod that was not said': [edges({ pods: column(8, 0) }), /pod 8 is not in the dictionary/],
  'an address that was not said': [edges({ remotes: column(0, 9) }), /remote 9 is not in the dictionary|remote/],
  'an address of five bytes': [additions({ addresses: Uint8Array.of(5, 1, 2, 3, 4, 5) }), /5 bytes/],
  'an address that is cut': [additions({ addresses: Uint8Array.of(4, 1, 2, 3) }), /last address is cut/],
  'a port above 65535': [edges({ ports: column(70_000, 1) }), /port of new edge 0 is 70000/],
  'a pod without uid': [additions({ podUids: [''] }), /no uid/],
  'a pod whose name is too long': [additions({ podNames: ['a'.repeat(254)] }), /text of 254 characters/],
  'columns of pods that differ': [additions({ podNames: [] }), /columns of pods/],
  'a protocol that is not known': [edges({ protocols: column(5, 0) }), /protocol 5 of new edge 0/],
  'a role that is not known': [edges({ roles: column(0, 2) }), /role 2 of new edge 1/],
  'direction evidence that is not known': [edges({ directionBy: column(5, 4) }), /direction_by 5 of new edge 0/],
  'a seen_as that was not said': [edges({ seenAs: column(9, 0) }), /seen_as 9 is not in the dictionary/],
  'a seen_as port above 65535': [edges({ seenAsPorts: column(65_536, 0) }), /seen_as_port of new edge 0 is 65536/],
  'a seen_as port without an address': [edges({ seenAsPorts: column(80, 80) }), /new edge 1 has a seen_as_port and no/],
  'a name that was not said': [edges({ remoteNames: column(9, 0) }), /remote_name 9 is not in the dictionary/],
  'a name of 254 bytes': [additions({ remoteNames: ['a'.repeat(254)] }), /remote_names: not a name/],
  'an empty name': [additions({ remoteNames: [''] }), /remote_names: not a name/],
  'a name with control characters': [additions({ remoteNames: ['\u001b[2J.example.com'] }), /remote_names: not a name/],
  'a name that is not ASCII': [additions({ remoteNames: ['ex\u00e4mple.com'] }), /remote_names: not a name/],
  'a reason that objects have built in': [additions({ dropReasons: ['constructor'] }), /not a name/],
};

t.test('the batch that the others are made from is good', async (t) => {
  t.equal(read(frameOf(good)).type, 'read');
});

for (const [name, [body, message]] of Object.entries(broken)) {
  t.test(`a batch is refused for ${name}`, async (t) => {
    const result = read(frameOf(body));
    t.equal(result.type, 'invalid');
    if (result.type !== 'read') t.match(result.message, message);
  });
}

t.test('the longest name that the DNS has is good', async (t) => {
  const remoteNames = [`${'a'.repeat(63)}.`.repeat(4).slice(0, 253)];
  t.equal(read(frameOf(additions({ remoteNames }))).type, 'read');
});

t.test('a batch beyond the limits is refused, and says what they are', async (t) => {
  for (const [limits, message] of [
    [{ maxRows: 1 }, /there are 2 rows; at most 1/],
    [{ maxBatchBytes: 40 }, /bytes; at most 40/],
    [{ maxDictionaryEntries: 1 }, /would have 2 edges; at most 1/],
  ] as const) {
    const result = read(frameOf(good), { ...defaultLimits, ...limits });
    t.equal(result.type, 'invalid');
    if (result.type !== 'read') t.match(result.message, message);
  }
});

t.test('a batch that came damaged is asked for again, not guessed', async (t) => {
  const { body, crc32: checksum } = frameOf(good);
  const flipped = Uint8Array.from(body, (byte, i) => (i === 20 ? byte ^ 1 : byte));
  t.equal(read({ body: flipped, crc32: checksum }).type, 'damaged');
});

t.test('after what it cannot read, a reader takes nothing but a dictionary that begins anew', async (t) => {
  const [writer, reader] = [new BatchWriter(), new BatchReader(defaultLimits)];
  const write = () => writer.write(columnBatchOf(batch), null);
  const [first, second, third, fourth] = [write(), write(), write(), write()] as const;
  t.equal(reader.read(first).type, 'read');
  t.match(reader.read(third), { type: 'unknown', message: /the batch before it did not come/ });
  t.match(reader.read(second), { type: 'unknown', message: /a dictionary that was not said/ });
  t.equal(reader.read(fourth).type, 'unknown');
  writer.reset();
  t.equal(reader.read(write()).type, 'read');
  t.equal(reader.read(write()).type, 'read');
});

t.test('a stream that refers to an edge that it never said is unknown, not invalid', async (t) => {
  const [writer, reader] = [new BatchWriter(), new BatchReader(defaultLimits)];
  reader.read(writer.write(columnBatchOf(batch), null));
  const body = bodyOf(writer.write(columnBatchOf(batch), null));
  const changed = frameOf({ ...body, rows: { ...(body.rows as wire.Rows), edges: column(0, 5) } });
  t.match(reader.read(changed), { type: 'unknown', message: /edge 6 is not in the dictionary/ });
});
