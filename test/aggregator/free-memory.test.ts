import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { Arena } from '../../aggregator/graph/arena.ts';
import { freeMemory } from '../../aggregator/graph/free-memory.ts';
import { PartMemory } from '../../aggregator/graph/part-memory.ts';
import { BlockPool } from '../../aggregator/ingest/block-pool.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (options?: { type: 'minor' }) => void;

t.test('old memory goes with the next collection of young objects', async (t) => {
  const memory = Array.from({ length: 32 }, () => new ArrayBuffer(2 ** 20));
  // Twice, so that they are old.
  collect();
  collect();
  const before = process.memoryUsage().arrayBuffers;
  freeMemory(memory);
  t.ok(memory.every(({ byteLength }) => byteLength === 0));
  let freed = 0;
  for (let tries = 0; tries < 200 && freed < 2 ** 25; tries++) {
    collect({ type: 'minor' });
    await sleep(10);
    freed = before - process.memoryUsage().arrayBuffers;
  }
  t.ok(freed >= 2 ** 25, `${freed} bytes of ${2 ** 25}`);
});

t.test('what a pool has no room for goes, and what it keeps stays', async (t) => {
  const arena = new Arena(1_024, 1);
  const large = arena.take(5_000);
  const ordinary = [arena.take(1_000), arena.take(1_000), arena.take(1_000)];
  for (const extent of [large, ...ordinary]) arena.giveBack(extent);
  const left = [large, ...ordinary].map(({ chunk }) => chunk.memory.byteLength);
  t.strictSame(left, [0, 1_024, 0, 1_024], 'one that is free, and the one that is given out of');

  const pool = new BlockPool(100_000);
  const blocks = [pool.take(1_000), pool.take(1_000)];
  for (const block of blocks) pool.giveBack(block);
  t.strictSame(
    blocks.map(({ byteLength }) => byteLength),
    [65_536, 0],
  );
});

t.test('a checkpoint leaves nothing of what its parts lay in', async (t) => {
  const memory = new PartMemory();
  const [short, long] = [memory.float64('counts', 10), memory.float64('counts', 100)];
  t.equal(short.length, 0, 'what was under the name before is gone');
  const lent = memory.lend(50);
  memory.giveBack([lent]);
  memory.end();
  t.strictSame([long.length, lent.length], [0, 0]);
});
