import fc from 'fast-check';
import t from 'tap';
import { packRows, type PackedRow, unpackRows } from '../../../aggregator/store/segment-codec.ts';
import { maxServerNames } from '../../../core/edge.ts';
import { VarintReader, VarintWriter } from '../../../aggregator/store/varint.ts';
import { anyRow } from '../segments.ts';

const startUnixMs = 1_700_000_000_000;

const packedRow: fc.Arbitrary<PackedRow> = fc
  .tuple(
    anyRow(startUnixMs),
    fc.integer({ min: 1, max: 2 ** 40 }),
    fc.nat(2 ** 20),
    fc.array(fc.tuple(fc.nat(300), fc.nat(2 ** 33)), { maxLength: 3 }),
    fc.array(fc.nat(2 ** 20), { maxLength: maxServerNames }),
  )
  .map(([{ reporter, observation }, edgeId, serviceId, drops, serverNameIds]) => ({
    edgeId,
    reporter,
    serviceId,
    observation: { ...observation, drops: {}, serverNames: [] },
    drops,
    serverNameIds,
  }));

t.test('rows come back as they were, sorted by edge', async (t) => {
  fc.assert(
    fc.property(fc.array(packedRow, { maxLength: 60 }), (rows) => {
      const sorted = rows.toSorted((a, b) => a.edgeId - b.edgeId);
      t.strictSame(unpackRows(packRows(rows, startUnixMs), startUnixMs), sorted);
    }),
    { seed: 21, numRuns: 200 },
  );
});

t.test('numbers come back, and what is beyond exact numbers comes back as the largest', async (t) => {
  const numbers = [0, 1, 127, 128, 16_383, 16_384, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 52, Number.MAX_SAFE_INTEGER];
  const signed = [0, -1, 1, -64, 64, -(2 ** 40), 2 ** 40];
  const writer = new VarintWriter();
  for (const number of numbers) writer.write(number);
  for (const number of signed) writer.writeSigned(number);
  writer.write(2 ** 60);
  const reader = new VarintReader(writer.finish());
  for (const number of numbers) t.equal(reader.read(), number);
  for (const number of signed) t.equal(reader.readSigned(), number);
  t.equal(reader.read(), Number.MAX_SAFE_INTEGER);
});

t.test('damaged bytes end in a RangeError or in rows, quickly', async (t) => {
  let refused = 0;
  const damage = (bytes: Uint8Array) => {
    try {
      unpackRows(bytes, startUnixMs);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      refused++;
    }
  };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => damage(bytes)),
    { seed: 22, numRuns: 2_000 },
  );
  const whole = packRows(fc.sample(packedRow, { seed: 23, numRuns: 20 }), startUnixMs);
  for (let length = 0; length < whole.length; length++) damage(whole.subarray(0, length));
  t.ok(refused > whole.length, `refused ${refused}`);
});
