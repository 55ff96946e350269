import { mkdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import t from 'tap';
import { Windows } from '../../agent/spool/windows.ts';
import { recordsOf } from '../proto/columns.ts';
import { fillDisk, smallDisk, withoutSmallDisk } from './small-disk.ts';
import { batchOf, call, openSpool, takeAll, windowOf } from './spools.ts';

function windowsOf(spool: ReturnType<typeof openSpool>, maxRows = 1_000) {
  const windows = new Windows(spool, maxRows, pino({ level: 'silent' }));
  return (number: number, ports: readonly number[]) => {
    const content = windowOf(
      number,
      ports.map((port) => call(port)),
    );
    const records = recordsOf(content.rows);
    return windows.keep({ window: content.window, losses: {}, records }, Buffer.from(`after ${number}`));
  };
}

t.test('while the disk is full windows are held as one, and nothing is lost', { skip: withoutSmallDisk }, async (t) => {
  const disk = smallDisk(t);
  const folder = join(disk, 'spool');
  const keep = windowsOf(openSpool(folder, 5));
  t.equal(keep(1, [80]), true);
  const ballast = fillDisk(disk);
  for (const number of [2, 3, 4]) t.equal(keep(number, [80, number]), false, 'the kernel must hold what it has');
  t.equal(openSpool(folder, 7).state?.toString(), 'after 1', 'a later start would tell it from the kernel');
  unlinkSync(ballast);
  t.equal(keep(5, [80]), true);
  const spool = openSpool(folder, 9);
  t.equal(spool.state?.toString(), 'after 5');
  const [first, second] = takeAll(spool).map(batchOf);
  t.match(first, { sequence: 1, records: [{ counters: { established: 1 } }] });
  t.match(second, { sequence: 2, losses: {}, window: { startUnixMs: windowOf(2).window.startUnixMs } });
  t.equal(second?.window.endUnixMs, windowOf(5).window.endUnixMs);
  const counts = second?.records.map(({ port, counters }) => [port, counters.established]);
  t.strictSame(counts?.toSorted(), [
    [2, 1],
    [3, 1],
    [4, 1],
    [80, 4],
  ]);
});

t.test('what is held is bounded, and what does not fit is a loss', { skip: withoutSmallDisk }, async (t) => {
  const disk = smallDisk(t);
  const keep = windowsOf(openSpool(join(disk, 'spool'), 5), 3);
  const ballast = fillDisk(disk);
  for (const number of [1, 2, 3]) keep(number, [number * 10, number * 10 + 1]);
  unlinkSync(ballast);
  t.equal(keep(4, [40]), true);
  const [batch] = takeAll(openSpool(join(disk, 'spool'), 9)).map(batchOf);
  t.strictSame(batch?.losses, { spool: 4 });
  t.strictSame(batch?.records.map(({ port }) => port).toSorted(), [30, 31, 40]);
});

t.test('a start on a full disk is no error, a read-only one is', { skip: withoutSmallDisk }, async (t) => {
  const disk = smallDisk(t);
  const folder = join(disk, 'spool');
  mkdirSync(folder);
  writeFileSync(join(folder, 'marks'), '');
  const ballast = fillDisk(disk);
  const spool = openSpool(folder, 5);
  t.throws(() => spool.begin(Buffer.alloc(10_000)), { code: 'SPOOL', message: /ENOSPC.*--spool/ });
  t.equal(windowsOf(spool)(1, [80]), false);
  unlinkSync(ballast);
  t.equal(windowsOf(spool)(2, [80]), true, 'and it goes on when there is room');
  t.throws(() => openSpool(smallDisk(t, 'ro'), 7), { code: 'SPOOL', message: /EROFS.*--spool/ });
});
