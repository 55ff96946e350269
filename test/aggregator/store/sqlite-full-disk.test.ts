import { unlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { SqliteStore } from '../../../aggregator/store/sqlite.ts';
import { fillDisk, smallDisk, withoutSmallDisk } from '../../agent/small-disk.ts';
import { plainSegment } from '../segments.ts';
import { allTime, commitOf, segmentsIn } from './under-test.ts';

t.test(
  'a full disk fails what writes, damages nothing, and all goes on when there is room',
  { skip: withoutSmallDisk },
  async (t) => {
    const folder = smallDisk(t);
    const path = join(folder, 'weir.db');
    const store = new SqliteStore({ path, synchronous: 'FULL', maxCached: 100 });
    const committed: number[] = [];
    const commit = async (sequence: number) => {
      const [result] = await store.commit([commitOf(plainSegment('n1', sequence, 1))]);
      if (result?.type === 'committed') committed.push(sequence);
    };
    const tiers = [{ widthMs: 15_000, keepMs: 1e12 }];
    const rollUp = () =>
      store.rollUp('demo', { tiers, now: Date.now(), throughId: 1_000, keepSightingsMs: 1e12, maxSightings: 9 });
    for (let sequence = 1; sequence <= 20; sequence++) await commit(sequence);
    const ballast = fillDisk(folder);
    const full = { code: 'STORE', message: /the disk is full; make room or keep less/ };
    let next = 21;
    await t.rejects(async () => {
      for (; next < 2_000; next++) await commit(next);
    }, full);
    await t.rejects(rollUp(), full);
    t.strictSame(
      (await segmentsIn(store, 'demo', allTime)).map(({ sequence }) => sequence),
      committed,
      'all that was committed can be read',
    );
    unlinkSync(ballast);
    await commit(next);
    t.equal(committed.at(-1), next, 'the one that failed is taken when it is sent again');
    t.equal(await rollUp(), 'moved');
    t.strictSame(await segmentsIn(store, 'demo', allTime), []);
    await store.close();
    const again = new SqliteStore({ path, synchronous: 'FULL', maxCached: 100 });
    const windows = await again.view('demo', async (view) => {
      let sum = 0;
      for await (const { watched } of view.pieces({ type: 'overlapping', window: allTime })) {
        sum += watched.get('n1')?.windows ?? 0;
      }
      return sum;
    });
    t.equal(windows, committed.length);
    await again.close();
  },
);
