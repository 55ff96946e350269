import { setImmediate as nextTurn } from 'node:timers/promises';
import t from 'tap';
import { Turns } from '../../aggregator/ingest/turns.ts';

function workFor(ms: number): void {
  for (const endMs = performance.now() + ms; performance.now() < endMs; );
}

t.test('others get their turn between pieces of work, which go on in their order', async (t) => {
  const turns = new Turns(2, () => Promise.resolve());
  const done: number[] = [];
  const work = Array.from({ length: 20 }, async (_, piece) => {
    await turns.run(() => workFor(2));
    done.push(piece);
  });
  let others = 0;
  while (done.length < work.length) {
    await nextTurn();
    others++;
  }
  await Promise.all(work);
  t.strictSame(
    done,
    [...done].sort((a, b) => a - b),
  );
  t.ok(others >= work.length / 2, `${others} turns for ${work.length} pieces`);
});

t.test('a piece of work that is alone goes on at once in the next turn', async (t) => {
  const turns = new Turns(2, () => Promise.resolve());
  let isDone = false;
  const work = turns.run(() => {
    isDone = true;
  });
  await nextTurn();
  await nextTurn();
  t.ok(isDone);
  await work;
});
