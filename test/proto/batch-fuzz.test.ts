import fc from 'fast-check';
import t from 'tap';
import { crc32 } from 'node:zlib';
import { counterNames } from '../../core/flow.ts';
import { BatchReader } from '../../proto/decode-batch.ts';
import { BatchWriter } from '../../proto/encode-batch.ts';
import { defaultLimits } from '../../proto/limits.ts';
import { byteFormOf } from '../../proto/load.ts';
import type * as wire from '../../proto/wire.ts';
import { anyBatch } from './batches.ts';
import { columnBatchOf, recordsOf } from './columns.ts';

const changes = fc.array(
  fc.record({
    kind: fc.constantFrom('set', 'insert', 'delete', 'repeat'),
    at: fc.nat(),
    value: fc.nat(255),
    length: fc.integer({ min: 1, max: 9 }),
  }),
  { minLength: 1, maxLength: 6 },
);

type Change = typeof changes extends fc.Arbitrary<(infer Each)[]> ? Each : never;

function mutate(bytes: Uint8Array, { kind, at, value, length }: Change): Uint8Array {
  const where = at % (bytes.length + 1);
  const [before, after] = [bytes.subarray(0, where), bytes.subarray(where)];
  if (kind === 'insert') return Uint8Array.from([...before, value, ...after]);
  if (kind === 'delete') return Uint8Array.from([...before, ...after.subarray(length)]);
  if (kind === 'repeat') return Uint8Array.from([...before, ...after.subarray(0, length), ...after]);
  return Uint8Array.from([...before, value, ...after.subarray(1)]);
}

/** With a checksum that agrees, as a malicious agent would send it. */
const frameOf = (body: Uint8Array): wire.Batch => ({ body, crc32: crc32(body) });

/** What was believed must be what a batch can be: exact counts, and numbers that the dictionary has. */
function checkSound(reader: BatchReader, frame: wire.Batch): boolean {
  const read = reader.read(frame);
  if (read.type !== 'read') return false;
  const { rows } = read.batch;
  for (const name of counterNames) {
    if (rows.counters[name].length !== rows.edges.length) throw new Error(`${name} has another length`);
    for (const value of rows.counters[name])
      if (!Number.isSafeInteger(value) || value < 0) throw new Error(`${name} ${value}`);
  }
  for (const { pod, remote, firstSeenUnixMs, lastSeenUnixMs, protocol } of recordsOf(rows)) {
    if (pod === undefined || remote === undefined || protocol === undefined) throw new Error('a record of nothing');
    if (!(firstSeenUnixMs <= lastSeenUnixMs)) throw new Error('it ended before it began');
  }
  return true;
}

t.test('changed bodies give batches that could be, or a message', async (t) => {
  const fates = { taken: 0, refused: 0 };
  fc.assert(
    fc.property(anyBatch, changes, fc.boolean(), (batch, all, second) => {
      const [writer, reader] = [new BatchWriter(), new BatchReader(defaultLimits)];
      const first = writer.write(columnBatchOf(batch), null);
      if (second) reader.read(first);
      const { body } = second ? writer.write(columnBatchOf(batch), null) : first;
      fates[checkSound(reader, frameOf(all.reduce(mutate, body))) ? 'taken' : 'refused']++;
    }),
    { seed: 5, numRuns: 1_200 },
  );
  t.ok(fates.refused > 200 && fates.taken > 20, JSON.stringify(fates));
});

t.test('columns that are changed alone reach what reads them', async (t) => {
  const bodyForm = byteFormOf<wire.BatchBody>('weir.v1.BatchBody');
  const fates = { taken: 0, refused: 0 };
  fc.assert(
    fc.property(anyBatch, changes, fc.nat(), (batch, all, which) => {
      const body = bodyForm.deserialize(Buffer.from(new BatchWriter().write(columnBatchOf(batch), null).body));
      const rows = { ...body.rows } as Record<string, unknown>;
      const edges = { ...body.additions?.edges } as Record<string, unknown>;
      const columns = [rows, edges].flatMap((group) =>
        Object.keys(group).flatMap((name) => (group[name] instanceof Uint8Array ? [{ group, name }] : [])),
      );
      const chosen = columns[which % Math.max(columns.length, 1)];
      if (chosen === undefined) return;
      chosen.group[chosen.name] = all.reduce(mutate, chosen.group[chosen.name] as Uint8Array);
      const additions = body.additions === null ? null : { ...body.additions, edges: edges as unknown as wire.Edges };
      const bytes = bodyForm.serialize({ ...body, additions, rows: rows as unknown as wire.Rows });
      fates[checkSound(new BatchReader(defaultLimits), frameOf(bytes)) ? 'taken' : 'refused']++;
    }),
    { seed: 7, numRuns: 1_200 },
  );
  t.ok(fates.refused > 200 && fates.taken > 20, JSON.stringify(fates));
});

t.test('a body that claims much is refused before anything is made for it', async (t) => {
  const bodyForm = byteFormOf<wire.BatchBody>('weir.v1.BatchBody');
  const [batch] = fc.sample(anyBatch, { seed: 8, numRuns: 1 });
  if (batch === undefined) return;
  const body = bodyForm.deserialize(Buffer.from(new BatchWriter().write(columnBatchOf(batch), null).body));
  const much = 2 ** 32 - 1;
  const edges = { ...(body.additions?.edges as wire.Edges), count: much };
  const claims = [
    { ...body, rows: { ...(body.rows as wire.Rows), count: much } },
    { ...body, rows: { ...(body.rows as wire.Rows), dropCount: much } },
    { ...body, additions: { ...(body.additions as wire.Additions), edges } },
  ];
  const before = process.memoryUsage();
  for (const claim of claims) {
    t.match(new BatchReader(defaultLimits).read(frameOf(bodyForm.serialize(claim))), {
      type: 'invalid',
      message: /at most/,
    });
  }
  const after = process.memoryUsage();
  t.ok(after.arrayBuffers - before.arrayBuffers < 64 * 1024 * 1024);
});

t.test('random and truncated bodies are refused', async (t) => {
  const [batch] = fc.sample(anyBatch, { seed: 9, numRuns: 1 });
  if (batch === undefined) return;
  const { body } = new BatchWriter().write(columnBatchOf(batch), null);
  for (let length = 0; length < body.length; length++) {
    t.not(new BatchReader(defaultLimits).read(frameOf(body.subarray(0, length))).type, 'damaged');
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      checkSound(new BatchReader(defaultLimits), frameOf(bytes));
    }),
    { seed: 6, numRuns: 5_000 },
  );
});
