import fc from 'fast-check';
import t from 'tap';
import type { Lane } from '../../../aggregator/graph/lane.ts';
import { nameRows } from '../../../aggregator/store/columns.ts';
import { packRows, unpackRows } from '../../../aggregator/store/segment-codec.ts';
import { VarintReader, VarintWriter } from '../../../aggregator/store/varint.ts';
import { anyRow, rowList, rowsOf } from '../segments.ts';

const startUnixMs = 1_700_000_000_000;

/** Numbers in the order in which they are asked for, from one that makes the differences large. */
class Numbers {
  readonly #lanes = new Map<string, number>();
  readonly #texts: string[] = [];
  readonly #byId = new Map<number, Lane>();

  laneId(lane: Lane): number {
    const id = this.#lanes.get(lane.key) ?? ((this.#lanes.size * 7919) % 1000) * 2 ** 30 + this.#lanes.size + 1;
    this.#lanes.set(lane.key, id);
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
      const read = nameRows(unpackRows(packRows(rows, startUnixMs, numbers), startUnixMs), numbers);
      t.strictSame(rowList(read), rowList(rows));
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
  const numbers = new Numbers();
  let refused = 0;
  const damage = (bytes: Uint8Array) => {
    try {
      nameRows(unpackRows(bytes, startUnixMs), numbers);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      refused++;
    }
  };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => damage(bytes)),
    { seed: 22, numRuns: 2_000 },
  );
  const whole = packRows(rowsOf(fc.sample(anyRow(startUnixMs), { seed: 23, numRuns: 20 })), startUnixMs, numbers);
  for (let length = 0; length < whole.length; length++) damage(whole.subarray(0, length));
  t.ok(refused > whole.length, `refused ${refused}`);
});
