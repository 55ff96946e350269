import fc from 'fast-check';
import t from 'tap';
import { BatchReader } from '../../proto/decode-batch.ts';
import { BatchWriter } from '../../proto/encode-batch.ts';
import { defaultLimits } from '../../proto/limits.ts';
import { SharedTexts } from '../../proto/shared-texts.ts';
import { anyBatch } from './batches.ts';
import { columnBatchOf } from './columns.ts';

t.test('what streams share changes nothing of what they say, however little is shared', async (t) => {
  let batches = 0;
  fc.assert(
    fc.property(fc.array(anyBatch, { minLength: 2, maxLength: 4 }), fc.nat(5), (all, max) => {
      const texts = new SharedTexts(max);
      for (const batch of all) {
        const frame = new BatchWriter().write(columnBatchOf(batch), null);
        const [sharing, alone] = [new BatchReader(defaultLimits, texts), new BatchReader(defaultLimits)];
        const [one, other] = [sharing.read(frame), alone.read(frame)];
        if (one.type !== 'read' || other.type !== 'read') throw new Error('not read');
        const said = ({ dictionary, edges }: (typeof one)['batch']['rows']) =>
          Array.from(edges, (edge) => dictionary.partsOf(edge));
        t.strictSame(said(one.batch.rows), said(other.batch.rows));
        batches++;
      }
      t.ok(texts.size <= max, `${texts.size} of at most ${max}`);
    }),
    { seed: 11, numRuns: 40 },
  );
  t.ok(batches > 50, `${batches} batches`);
});

t.test('a text is known until there is no room for others', async (t) => {
  const texts = new SharedTexts(2);
  for (const text of ['a', 'b', 'a', 'b']) t.equal(texts.of(text), text);
  t.equal(texts.size, 2);
  t.equal(texts.of('c'), 'c');
  t.equal(texts.size, 1, 'it begins anew');
});
