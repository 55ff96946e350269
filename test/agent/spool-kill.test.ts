import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { call, establishedIn, openSpool, takeAll, windowOf } from './spools.ts';

const segment = '0000000000000001.segment';
const text = (state: Buffer | null) => state?.toString() ?? null;

/** A spool with three batches, and its last state and batch as they were being written. */
function cutAt(t: Test, whole: string, bytes: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-spool-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(whole, folder, { recursive: true });
  truncateSync(join(folder, segment), bytes);
  return folder;
}

t.test('killed at any byte of a batch, the batches before it are there, and their state', async (t) => {
  const whole = t.testdir();
  const spool = openSpool(whole, 5);
  spool.append(windowOf(1, [call(80, 1)]), Buffer.from('after 1'));
  spool.append(windowOf(2, [call(80, 2)]), Buffer.from('after 2'));
  const before = readFileSync(join(whole, segment)).length;
  spool.append(windowOf(3, [call(80, 4)]), Buffer.from('after 3'));
  const after = readFileSync(join(whole, segment)).length;
  // The state is proposed before the batch is written, and counts when the batch is there.
  writeFileSync(join(whole, 'state'), '5 2\nafter 2');
  writeFileSync(join(whole, 'state.next'), '5 3\nafter 3');
  for (let bytes = before; bytes <= after; bytes++) {
    const folder = cutAt(t, whole, bytes);
    const later = openSpool(folder, 9);
    const kept = bytes === after ? 3 : 2;
    t.equal(later.pending.length, kept, `cut at ${bytes} of ${after}`);
    t.equal(text(later.state), `after ${kept}`);
    t.equal(later.ledger.damagedBytes, bytes === after ? 0 : bytes - before, 'what was cut off is counted');
    later.append(windowOf(4, [call(80, 8)]), Buffer.from('after 4'));
    const counted = takeAll(openSpool(folder, 10)).map(establishedIn);
    t.strictSame(counted, [1, 2, ...(kept === 3 ? [4] : []), 8], 'and what comes later can be read');
  }
});
