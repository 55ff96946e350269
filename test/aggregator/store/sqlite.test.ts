import Database from 'better-sqlite3';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Synchronous } from '../../../aggregator/store/sqlite-schema.ts';
import { SqliteStore } from '../../../aggregator/store/sqlite.ts';
import { firstStartUnixMs, plainSegment } from '../segments.ts';
import { storeContract } from './contract.ts';
import { allTime, segmentsIn } from './under-test.ts';

const folder = mkdtempSync(join(tmpdir(), 'weir-store-'));
t.teardown(() => rmSync(folder, { recursive: true }));

let files = 0;
const newPath = () => join(folder, `${++files}`, 'weir.db');
const open = (path: string, maxCached = 1_000, synchronous: Synchronous = 'FULL') =>
  new SqliteStore({ path, synchronous, maxCached });

storeContract(
  t,
  () => {
    const path = newPath();
    return { open: async () => open(path) };
  },
  5,
);

t.test('a dictionary that does not fit in memory is read from disk', async (t) => {
  storeContract(t, () => {
    const path = newPath();
    // Nothing here cuts the power.
    return { open: async () => open(path, 2, 'NORMAL') };
  });
});

t.test('a commit is on disk when its promise resolves', async (t) => {
  const path = newPath();
  const store = open(path);
  await store.commit([{ segment: plainSegment('n1', 1, 1), firstSequence: 1, oldestSequence: 1, forgotten: null }]);
  t.ok(readFileSync(`${path}-wal`).length > 0, 'the write-ahead log holds the commit');
  await store.close();
});

t.test('a database of another program is refused and left as it is', async (t) => {
  const path = join(folder, 'foreign.db');
  const foreign = new Database(path);
  foreign.exec('CREATE TABLE recipes (name TEXT)');
  foreign.close();
  const before = readFileSync(path);
  t.throws(() => open(path), { code: 'STORE', message: /belongs to another program; name another file/ });
  t.ok(before.equals(readFileSync(path)));
});

t.test('a file that is no database is refused', async (t) => {
  const path = join(folder, 'text.db');
  writeFileSync(path, 'dear diary, '.repeat(1_000));
  t.throws(() => open(path), { code: 'STORE', message: /not a database; name another file/ });
});

t.test('a database of another version is refused with what to do, and left as it is', async (t) => {
  for (const version of [2, 99]) {
    const path = newPath();
    await open(path).close();
    const other = new Database(path);
    other.pragma(`user_version = ${version}`);
    other.close();
    const before = readFileSync(path);
    const message = new RegExp(
      `has schema ${version}, this version of Weir reads 3 to 9; move it away to begin anew, or name`,
    );
    t.throws(() => open(path), { code: 'STORE', message });
    t.ok(before.equals(readFileSync(path)));
  }
});

t.test('a database of the version before keeps what is in it and gets what is new', async (t) => {
  const path = newPath();
  const store = open(path);
  await store.commit([{ segment: plainSegment('n1', 1, 1), firstSequence: 1, oldestSequence: 1, forgotten: null }]);
  await store.close();
  const old = new Database(path);
  // What the versions behind it have made is taken back.
  old.exec(`
    DROP TABLE alias; DROP TABLE settings; DROP TABLE baseline; DROP TABLE piece; DROP TABLE checkpoint; DROP TABLE cluster;
    DROP INDEX segment_time; CREATE INDEX segment_end ON segment (cluster, end_unix_ms);
    PRAGMA user_version = 3;
  `);
  old.close();
  const again = open(path);
  t.match(await again.cursors('demo'), [{ node: 'n1', sequence: 1 }]);
  t.strictSame(
    (await segmentsIn(again, 'demo', allTime)).map(({ sequence }) => sequence),
    [1],
  );
  const [next] = await again.commit([
    { segment: plainSegment('n1', 2, 1), firstSequence: 2, oldestSequence: 1, forgotten: null },
  ]);
  t.match(next, { type: 'committed', id: 2 });
  const tiers = [{ widthMs: 15_000, keepMs: 60_000 }];
  const plan = { tiers, now: firstStartUnixMs, throughId: 2, keepSightingsMs: 1e12, maxSightings: 10 };
  t.equal(await again.rollUp('demo', plan), 'moved');
  t.strictSame(await segmentsIn(again, 'demo', allTime), []);
  const alias = { name: 'bank', cidr: '203.0.113.0/24', allowed: true, expiresUnixMs: null, comment: '' };
  t.equal(await again.setAlias('demo', alias, 0), true);
  t.match(await again.aliases('demo'), { aliases: [alias] });
  await again.close();
});

t.test('a database that another process has is refused', { timeout: 20_000 }, async (t) => {
  const path = newPath();
  const first = open(path);
  t.throws(() => open(path), { code: 'STORE', message: /another process uses it/ });
  await first.close();
  await open(path).close();
});

t.test('a path through a file is refused', async (t) => {
  const path = join(folder, 'text.db', 'weir.db');
  t.throws(() => open(path), { code: 'STORE', message: /text\.db/ });
});

t.test('a damaged database says so, and what to do', async (t) => {
  const path = newPath();
  const store = open(path);
  for (let sequence = 1; sequence <= 300; sequence++) {
    await store.commit([
      { segment: plainSegment('n1', sequence, 1), firstSequence: sequence, oldestSequence: 1, forgotten: null },
    ]);
  }
  await store.close();
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.fill(0xa5, 8_192));
  const read = async () => {
    const damaged = open(path);
    await segmentsIn(damaged, 'demo', allTime);
  };
  await t.rejects(read(), { code: 'STORE', message: /damaged; move it away/ });
});
