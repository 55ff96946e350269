import Database from 'better-sqlite3';
import { copyFileSync, existsSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { runCopy } from '../../../aggregator/store/copy-command.ts';
import { SqliteStore } from '../../../aggregator/store/sqlite.ts';
import { fillDisk, smallDisk, withoutSmallDisk } from '../../agent/small-disk.ts';
import { plainSegment } from '../segments.ts';
import { commitOf } from '../store/under-test.ts';

const open = (path: string) => new SqliteStore({ path, synchronous: 'NORMAL', maxCached: 100 });

async function commit(store: SqliteStore, sequence: number): Promise<void> {
  await store.commit([commitOf(plainSegment('n1', sequence, 1))]);
}

async function committed(path: string): Promise<number | undefined> {
  const store = open(path);
  const [cursor] = await store.cursors('demo');
  await store.close();
  return cursor?.sequence;
}

/** Runs the program's command. @returns what it printed @throws WeirError */
async function run(
  argv: readonly string[],
  { onProgress = (): void => undefined, signal = new AbortController().signal } = {},
) {
  const said: string[] = [];
  await runCopy(argv, { out: (text) => said.push(text), err: onProgress, signal });
  return said.join('');
}

/** A folder with a database that has so many batches. */
async function folderWith(t: Test, batches = 3): Promise<string> {
  const folder = t.testdir({});
  const store = open(join(folder, 'weir.db'));
  for (let sequence = 1; sequence <= batches; sequence++) await commit(store, sequence);
  await store.close();
  return folder;
}

await t.test('a copy says what is in it, and is never put over a file', async (t) => {
  const folder = await folderWith(t);
  const [database, copy] = [join(folder, 'weir.db'), join(folder, 'copy.db')];
  const backup = ['backup', copy, '--database', database];
  t.match(
    await run(backup),
    /copied and checked 0\.\d MB \(schema \d+: 1 nodes, 3 segments, 0 pieces, \d lanes\): .*copy\.db/,
  );
  await t.rejects(run(backup), { code: 'STORE_COPY', message: /copy\.db is there already; name another file/ });
  t.equal(await committed(copy), 3);
});

await t.test('what is committed while it is copied is not in it, and waits for nothing', async (t) => {
  const folder = await folderWith(t);
  const [database, copy] = [join(folder, 'weir.db'), join(folder, 'copy.db')];
  const store = open(database);
  const scope = { namespace: null, workload: null };
  const baseline = { name: 'large', scope, takenUnixMs: 4e12, edges: 1, comment: '' };
  await store.setBaseline('demo', baseline, new Uint8Array(40 << 20));
  let sequence = 3;
  await run(['backup', copy, '--database', database], { onProgress: () => void commit(store, ++sequence) });
  t.ok(sequence > 4, `${sequence - 3} batches were committed meanwhile`);
  t.match(await store.cursors('demo'), [{ sequence }]);
  await store.close();
  t.equal(await committed(copy), 3);
});

await t.test('a copy that is ended leaves nothing', async (t) => {
  const folder = await folderWith(t);
  const [database, copy] = [join(folder, 'weir.db'), join(folder, 'copy.db')];
  const signal = AbortSignal.abort();
  await t.rejects(run(['backup', copy, '--database', database], { signal }), {
    message: /ended before the copy was complete/,
  });
  t.notOk(readdirSync(folder).some((name) => name.startsWith('copy.db')));
});

await t.test('a copy for which there is no room leaves nothing', { skip: withoutSmallDisk }, async (t) => {
  const database = join(await folderWith(t), 'weir.db');
  const folder = smallDisk(t);
  const ballast = fillDisk(folder);
  const argv = ['backup', join(folder, 'copy.db'), '--database', database];
  await t.rejects(run(argv), { code: 'STORE_COPY', message: /copy\.db\.partial: there is no room for it; make room/ });
  t.strictSame(readdirSync(folder), ['ballast']);
  unlinkSync(ballast);
  await run(argv);
  t.equal(await committed(join(folder, 'copy.db')), 3);
});

await t.test('what is no database of Weir that this version knows is neither copied nor restored', async (t) => {
  const folder = await folderWith(t);
  const at = (name: string) => join(folder, name);
  const change = (name: string, sql: string) => {
    if (name !== 'foreign.db') copyFileSync(at('weir.db'), at(name));
    const database = new Database(at(name));
    database.exec(sql);
    database.close();
  };
  change('newer.db', 'PRAGMA user_version = 99');
  change('foreign.db', 'CREATE TABLE recipes (name TEXT)');
  writeFileSync(at('text.db'), 'dear diary, '.repeat(1_000));
  writeFileSync(at('empty.db'), '');
  const bytes = readFileSync(at('weir.db'));
  writeFileSync(at('damaged.db'), bytes.fill(0xa5, 8_192));
  const before = readFileSync(at('weir.db'));
  for (const [name, message] of [
    ['newer.db', /newer\.db: the database has schema 99, this version of Weir reads 3 to \d+; use the version of Weir/],
    ['foreign.db', /foreign\.db: the database belongs to another program/],
    ['text.db', /text\.db: the file is not a database/],
    ['empty.db', /empty\.db: there is nothing in it/],
    ['damaged.db', /damaged/],
    ['missing.db', /missing\.db: there is no such file/],
  ] as const) {
    await t.rejects(run(['backup', at('copy.db'), '--database', at(name)]), { message }, `backup of ${name}`);
    await t.rejects(
      run(['restore', at(name), '--database', at('weir.db'), '--replace']),
      { message },
      `restore of ${name}`,
    );
  }
  t.ok(before.equals(readFileSync(at('weir.db'))), 'the database is as it was');
  t.notOk(
    readdirSync(folder).some((name) => /copy|partial|replaced/.test(name)),
    'and nothing is left',
  );
  const url = ['--database', 'postgres://weir@db.example/weir'];
  await t.rejects(run(['backup', at('copy.db'), ...url]), { message: /copy it with pg_dump/ });
  await t.rejects(run(['restore', at('weir.db'), ...url]), { message: /copy it with pg_dump/ });
  await t.rejects(run(['backup']), { code: 'USAGE', message: /missing required argument 'file'; see --help/ });
});

await t.test('nothing is put in the place of a database that an aggregator has', async (t) => {
  const folder = await folderWith(t);
  const [database, copy] = [join(folder, 'weir.db'), join(folder, 'copy.db')];
  await run(['backup', copy, '--database', database]);
  const store = open(database);
  const argv = ['restore', copy, '--database', database, '--replace'];
  await t.rejects(run(argv), { code: 'STORE', message: /weir\.db: another process uses it; end that process/ });
  await commit(store, 4);
  await store.close();
  t.equal(await committed(database), 4);
});

await t.test('what was there is put aside with its log, and only if that is asked for', async (t) => {
  const folder = await folderWith(t);
  const [database, copy] = [join(folder, 'weir.db'), join(folder, 'copy.db')];
  await run(['backup', copy, '--database', database]);
  const store = open(database);
  await commit(store, 4);
  // As a killed aggregator leaves it: what it committed last is in the log beside the file.
  const [bytes, log] = [readFileSync(database), readFileSync(`${database}-wal`)];
  await store.close();
  writeFileSync(database, bytes);
  writeFileSync(`${database}-wal`, log);
  await t.rejects(run(['restore', copy, '--database', database]), {
    code: 'STORE_COPY',
    message: /weir\.db is there already; with --replace it is put aside, as .*weir\.db\.replaced/,
  });
  t.match(
    await run(['restore', copy, '--database', database, '--replace']),
    /what was there before is .*weir\.db\.replaced/,
  );
  t.notOk(existsSync(`${database}-wal`), 'no log of another database is beside it');
  t.equal(await committed(database), 3);
  t.equal(await committed(`${database}.replaced`), 4);
  await t.rejects(run(['restore', copy, '--database', database, '--replace']), {
    message: /weir\.db\.replaced is there already; it is from an earlier --replace; remove it/,
  });
  const elsewhere = join(folder, 'elsewhere', 'weir.db');
  await run(['restore', copy, '--database', elsewhere]);
  t.equal(await committed(elsewhere), 3);
});
