import fc from 'fast-check';
import t from 'tap';
import { Arena, type Extent } from '../../aggregator/graph/arena.ts';

const bytesOf = ({ chunk, from }: Extent, length: number) => new Uint8Array(chunk.memory, from, length);

t.test('what lies in an arena is nobody else’s until it is given back', async (t) => {
  const order = fc.array(fc.record({ bytes: fc.nat(300), gives: fc.nat(3) }), { minLength: 30, maxLength: 60 });
  let given = 0;
  fc.assert(
    fc.property(order, (steps) => {
      const arena = new Arena(256, 2);
      const held: { extent: Extent; bytes: number; mark: number }[] = [];
      for (const [mark, { bytes, gives }] of steps.entries()) {
        const extent = arena.take(bytes);
        t.equal(extent.from % 8, 0, 'numbers of any width may begin there');
        bytesOf(extent, bytes).fill(mark);
        held.push({ extent, bytes, mark });
        for (let i = 0; i < gives && held.length > 0; i++) {
          const [one] = held.splice((mark * 7 + i) % held.length, 1);
          if (one === undefined) break;
          t.ok(bytesOf(one.extent, one.bytes).every((byte) => byte === one.mark));
          arena.giveBack(one.extent);
          given++;
        }
      }
      for (const { extent, bytes, mark } of held) t.ok(bytesOf(extent, bytes).every((byte) => byte === mark));
      t.ok(arena.freeChunks <= 2);
    }),
    { seed: 7, numRuns: 60 },
  );
  t.ok(given > 500, `${given} given back`);
});

t.test('its memory is used again', async (t) => {
  const arena = new Arena(1_024, 4);
  const chunks = new Set<unknown>();
  let before: Extent[] = [];
  for (let round = 0; round < 50; round++) {
    const now = Array.from({ length: 8 }, () => arena.take(400));
    for (const { chunk } of now) chunks.add(chunk);
    for (const extent of before) arena.giveBack(extent);
    before = now;
  }
  t.ok(chunks.size <= 10, `${chunks.size} chunks for 400 extents, of which 16 at once are held`);
});
