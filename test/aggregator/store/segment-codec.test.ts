import fc from 'fast-check';
import t from 'tap';
import { type Lane, laneKey, Lanes } from '../../../aggregator/graph/lane.ts';
import type { LaneColumn } from '../../../aggregator/graph/lane-column.ts';
import type { Segment } from '../../../aggregator/graph/segment.ts';
import { rowsOfColumns } from '../../../aggregator/ingest/column-rows.ts';
import { nameRows } from '../../../aggregator/store/columns.ts';
import { packSegment, unpackRows } from '../../../aggregator/store/segment-codec.ts';
import { VarintReader, VarintWriter } from '../../../aggregator/store/varint.ts';
import type { Batch } from '../../../core/flow.ts';
import { Invalid } from '../../../proto/check.ts';
import { decodeAlone } from '../../../proto/decode-batch.ts';
import { encodeAlone } from '../../../proto/encode-batch.ts';
import { columnsOf } from '../../../proto/row-sums.ts';
import { anyBatch } from '../../proto/batches.ts';
import { addressOf } from '../cluster-fixture.ts';
import { anyRow, rowList, rowsOf, windowMs } from '../segments.ts';

const startUnixMs = 1_700_000_000_000;
const window = { startUnixMs, endUnixMs: startUnixMs + windowMs };
const interned = new Lanes(1_000);

/** Numbers in the order in which they are asked for, from one that makes the differences large. */
class Numbers {
  readonly #lanes = new Map<string, number>();
  readonly #texts: string[] = [];
  readonly #byId = new Map<number, Lane>();

  laneIds(lanes: LaneColumn): Float64Array {
    return Float64Array.from(lanes, (lane) => this.#laneId(lane));
  }

  #laneId(lane: Lane): number {
    const key = laneKey(lane);
    const id = this.#lanes.get(key) ?? ((this.#lanes.size * 7919) % 1000) * 2 ** 30 + this.#lanes.size + 1;
    this.#lanes.set(key, id);
    this.#byId.set(id, lane);
    return id;
  }

  lane(id: number): Lane {
    const lane = this.#byId.get(id);
    if (lane === undefined) throw new RangeError(`no lane ${id}`);
    return lane;
  }

  nameId(text: string): number {
    const index = this.#texts.indexOf(text);
    return index === -1 ? this.#texts.push(text) : index + 1;
  }

  name(id: number): string {
    const text = this.#texts[id - 1];
    if (text === undefined) throw new RangeError(`no name ${id}`);
    return text;
  }
}

const manyRows = fc.array(anyRow(startUnixMs), { maxLength: 60 }).map(rowsOf);

t.test('rows come back as they were', async (t) => {
  fc.assert(
    fc.property(manyRows, (rows) => {
      const numbers = new Numbers();
      const read = nameRows(unpackRows(packSegment({ rows, window, coded: null }, numbers), window), numbers);
      t.strictSame(rowList(read), rowList(rows));
    }),
    { seed: 21, numRuns: 200 },
  );
});

/** A batch as it arrives, with a lane for each of its rows. */
function received({ window, records }: Batch): Pick<Segment, 'rows' | 'window' | 'coded'> {
  const sent = { epoch: 1, firstSequence: 1, sequence: 1, window, losses: {}, rows: columnsOf(records) };
  const { rows: columns } = decodeAlone(encodeAlone(sent));
  const lanes = Array.from(columns.edges, (edge, row) => {
    const { role, protocol } = columns.dictionary.partsOf(edge);
    const external = (address: string) => ({ type: 'external', address: addressOf(address) }) as const;
    const ends = { client: external('192.0.2.1'), server: external('192.0.2.2'), protocol, port: row };
    return interned.of(ends, role, null);
  });
  const rows = rowsOfColumns(columns, Uint32Array.from(lanes.keys()), lanes);
  return { rows, window, coded: columns.coded };
}

t.test('rows come back as they were when they lie as their agent coded them', async (t) => {
  fc.assert(
    fc.property(anyBatch, (batch) => {
      const numbers = new Numbers();
      const segment = received(batch);
      const read = nameRows(unpackRows(packSegment(segment, numbers), segment.window), numbers);
      t.strictSame(rowList(read), rowList(segment.rows));
    }),
    { seed: 25, numRuns: 200 },
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
  const numbers = new Numbers();
  let refused = 0;
  const damage = (bytes: Uint8Array) => {
    try {
      nameRows(unpackRows(bytes, window), numbers);
    } catch (error) {
      if (!(error instanceof RangeError || error instanceof Invalid)) throw error;
      refused++;
    }
  };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => damage(bytes)),
    { seed: 22, numRuns: 2_000 },
  );
  const rows = rowsOf(fc.sample(anyRow(startUnixMs), { seed: 23, numRuns: 20 }));
  const sorted = packSegment({ rows, window, coded: null }, numbers).slice();
  const coded = packSegment(received(fc.sample(anyBatch, { seed: 24, numRuns: 5 }).at(-1) as Batch), numbers);
  for (const whole of [sorted, coded]) {
    for (let length = 0; length < whole.length; length++) damage(whole.subarray(0, length));
    for (let at = 1; at < whole.length; at++) damage(whole.with(at, (whole[at] as number) ^ 0x55));
  }
  t.ok(refused > sorted.length + coded.length, `refused ${refused}`);
});
