import fc from 'fast-check';
import t from 'tap';
import { directionEvidence, protocols } from '../../core/flow.ts';
import { atDistance, distance, readColumn, writeColumn } from '../../proto/column.ts';
import { roles } from '../../proto/dictionary.ts';
import { packageDefinition } from '../../proto/load.ts';
import { wireEvidence, wireProtocol } from '../../proto/names.ts';

const count = fc.oneof(fc.constant(0), fc.nat(300), fc.nat(2 ** 31 - 1), fc.maxSafeNat());

t.test('counts of any size come back as they were', async (t) => {
  fc.assert(
    fc.property(fc.array(count, { minLength: 1, maxLength: 200 }), (values) => {
      const bytes = writeColumn(values);
      if (values.every((value) => value === 0)) return bytes.length === 0;
      t.strictSame(Array.from(readColumn(bytes, values.length, 'x')), values);
      return true;
    }),
    { seed: 1, numRuns: 1_000 },
  );
  for (const value of [1, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 52, Number.MAX_SAFE_INTEGER]) {
    t.strictSame(Array.from(readColumn(writeColumn([0, value, 0]), 3, 'x')), [0, value, 0]);
  }
});

t.test('a column of small counts takes little more than their bits', async (t) => {
  const values = Array.from({ length: 400 }, (_, i) => i % 3);
  t.ok(writeColumn(values).length <= 120);
  t.equal(writeColumn(Array.from({ length: 400 }, () => 1)).length, 101, 'two bits each');
});

t.test('a column that is cut, too long or no column is refused', async (t) => {
  const bytes = writeColumn([5, 1_000_000, 7, 3]);
  for (let length = 0; length < bytes.length; length++) {
    t.throws(() => readColumn(bytes.subarray(0, length), 4, 'x'), /column x/);
  }
  t.throws(() => readColumn(Uint8Array.from([...bytes, 0]), 4, 'x'), /column x has/);
  t.throws(() => readColumn(bytes, 3, 'x'), /column x has/);
  t.throws(() => readColumn(Uint8Array.of(53, 255), 1, 'x'), /begins with 53/);
  t.throws(() => readColumn(new Uint8Array(40), 1, 'x'), /no count|ends/);
  t.throws(() => readColumn(bytes, 1_000, 'x'), /too few/);
});

t.test('random bytes are refused or give counts', async (t) => {
  let refused = 0;
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), fc.nat(60), (bytes, values) => {
      try {
        for (const value of readColumn(bytes, values, 'x')) if (!Number.isSafeInteger(value) || value < 0) return false;
      } catch (error) {
        refused++;
        return /column x/.test(String(error));
      }
      return true;
    }),
    { seed: 2, numRuns: 20_000 },
  );
  t.ok(refused > 1_000 && refused < 20_000, `refused ${refused}`);
});

t.test('a count comes back from its distance to whatever was expected', async (t) => {
  const expected = fc.oneof(count, fc.double({ min: 0, max: 2 ** 55, noNaN: true }).map(Math.floor));
  fc.assert(
    fc.property(count, expected, (value, near) => {
      const coded = distance(value, near);
      return Number.isSafeInteger(coded) && coded >= 0 && atDistance(coded, near) === value;
    }),
    { seed: 3, numRuns: 5_000 },
  );
  t.strictSame(
    [4, 5, 6, 9, 10, 11].map((value) => distance(value, 5)),
    [1, 0, 2, 8, 10, 11],
  );
});

/** The numbers that the wire gives names of an enum, less one. */
function numbersOf(name: string, names: readonly string[]): number[] {
  const definition = packageDefinition[name] as unknown as { type: { value: { name: string; number: number }[] } };
  return names.map((each) => (definition.type.value.find((value) => value.name === each)?.number ?? 0) - 1);
}

t.test('edges number roles, protocols and evidence as the enums of the wire do', async (t) => {
  const positions = (values: readonly unknown[]) => values.map((_, i) => i);
  t.strictSame(
    numbersOf(
      'weir.v1.Role',
      roles.map((role) => `ROLE_${role.toUpperCase()}`),
    ),
    positions(roles),
  );
  t.strictSame(
    numbersOf(
      'weir.v1.Protocol',
      protocols.map((protocol) => wireProtocol[protocol]),
    ),
    positions(protocols),
  );
  t.strictSame(
    numbersOf(
      'weir.v1.DirectionEvidence',
      directionEvidence.map((evidence) => wireEvidence[evidence]),
    ),
    positions(directionEvidence),
  );
});
