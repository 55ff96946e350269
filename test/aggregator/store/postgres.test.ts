import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import t from 'tap';
import { laneKey } from '../../../aggregator/graph/lane.ts';
import { PostgresStore } from '../../../aggregator/store/postgres.ts';
import { postgresSteps } from '../../../aggregator/store/postgres-schema.ts';
import { packSegment } from '../../../aggregator/store/segment-codec.ts';
import { plainSegment } from '../segments.ts';
import { storeContract } from './contract.ts';
import { allTime, segmentsIn } from './under-test.ts';
import { PostgresServer } from '../../../lab/programs/postgres-server.ts';

const log = pino({ level: 'silent' });
const open = (url: string, maxCached = 1_000) => PostgresStore.open({ url, passwordFile: null, maxCached, log });
const commitOf = (node: string, sequence: number) => ({
  segment: plainSegment(node, sequence, 1),
  firstSequence: sequence,
  oldestSequence: 1,
  forgotten: null,
});

const laneOf = plainSegment('n1', 1, 1).rows.lanes.get(0);

async function storedSequences(store: PostgresStore, node: string): Promise<number[]> {
  const segments = await segmentsIn(store, 'demo', allTime);
  return segments.filter((segment) => segment.node === node).map(({ sequence }) => sequence);
}

t.setTimeout(120_000);

t.test('a PostgreSQL server', async (t) => {
  const server = await PostgresServer.start((remove) => t.teardown(remove));

  t.test('keeps the contract of a store', async (t) => {
    storeContract(
      t,
      () => {
        const url = server.newDatabase();
        return { open: () => open(url) };
      },
      8,
    );
  });

  t.test('keeps it with a dictionary that does not fit in memory', async (t) => {
    storeContract(
      t,
      () => {
        const url = server.newDatabase();
        return { open: () => open(url, 2) };
      },
      4,
    );
  });

  t.test('makes its tables once, however many begin at the same time', async (t) => {
    const url = server.newDatabase();
    const stores = await Promise.all(Array.from({ length: 4 }, () => open(url)));
    const results = await stores[0]?.commit([commitOf('n1', 1)]);
    t.match(results, [{ type: 'committed' }]);
    for (const store of stores) {
      t.strictSame(await storedSequences(store, 'n1'), [1]);
      await store.close();
    }
  });

  t.test('lets several aggregators commit the batches of one node, each batch once and in order', async (t) => {
    const url = server.newDatabase();
    const stores = await Promise.all([open(url), open(url), open(url)]);
    const sequences = Array.from({ length: 60 }, (_, i) => i + 1);
    const committed = new Map<number, number>();
    const send = async (store: PostgresStore): Promise<void> => {
      for (const sequence of sequences) {
        for (;;) {
          const [result] = await store.commit([commitOf('n1', sequence), commitOf('n2', sequence)]);
          if (result?.type === 'committed') committed.set(sequence, (committed.get(sequence) ?? 0) + 1);
          if (result?.type !== 'gap') break;
        }
      }
    };
    await Promise.all(stores.map(send));
    t.strictSame(
      sequences.map((sequence) => committed.get(sequence)),
      sequences.map(() => 1),
    );
    for (const node of ['n1', 'n2']) t.strictSame(await storedSequences(stores[1], node), sequences);
    for (const store of stores) await store.close();
  });

  t.test('gives lanes new numbers when another aggregator has removed those that one remembers', async (t) => {
    const url = server.newDatabase();
    const [one, other] = [await open(url), await open(url)];
    await one.commit([commitOf('n1', 1)]);
    const tiers = [{ widthMs: 15_000, keepMs: 15_000 }];
    const plan = { tiers, now: Date.now(), throughId: 1, keepSightingsMs: 1, maxSightings: 1 };
    while ((await other.rollUp('demo', plan)) === 'moved');
    t.equal(await other.pruneDictionary('demo'), 1);
    t.match(await one.commit([commitOf('n1', 2)]), [{ type: 'committed', id: 2 }]);
    t.strictSame(await storedSequences(other, 'n1'), [2]);
    await one.close();
    await other.close();
  });

  t.test('makes tables of the first version into those of this one, with all that is in them', async (t) => {
    const url = server.newDatabase();
    const client = new pg.Client(url);
    await client.connect();
    for (const statement of postgresSteps.get(1) ?? []) await client.query(statement);
    await client.query('CREATE TABLE weir_schema (version INTEGER NOT NULL PRIMARY KEY)');
    await client.query('INSERT INTO weir_schema VALUES (1)');
    const lane = { edge: laneOf.edge, reporter: laneOf.reporter, service: null };
    await client.query("INSERT INTO weir_cluster (name, last_segment, last_lane, last_name) VALUES ('demo', 7, 1, 1)");
    await client.query("INSERT INTO weir_lane VALUES ('demo', 1, $1, $2)", [laneKey(laneOf), JSON.stringify(lane)]);
    await client.query("INSERT INTO weir_name VALUES ('demo', 1, 'n1')");
    const segment = plainSegment('n1', 1, 1);
    const { window } = segment;
    const columns = packSegment(segment, {
      laneIds: (lanes) => new Float64Array(lanes.length).fill(1),
      nameId: () => 1,
    });
    await client.query(`INSERT INTO weir_segment VALUES ('demo', 7, 'n1', 1, 1, $1, $2, '{"spool":3}', $3)`, [
      window.startUnixMs,
      window.endUnixMs,
      Buffer.from(columns),
    ]);
    await client.query("INSERT INTO weir_cursor VALUES ('demo', 'n1', 1, 1, $1)", [window.endUnixMs]);
    await client.end();
    const store = await open(url);
    t.match(await store.commit([commitOf('n1', 1), commitOf('n1', 2)]), [
      { type: 'duplicate' },
      { type: 'committed', id: 8 },
    ]);
    t.strictSame(await storedSequences(store, 'n1'), [1, 2]);
    const tiers = [{ widthMs: 15_000, keepMs: 15_000 }];
    const plan = { tiers, now: window.endUnixMs, throughId: 8, keepSightingsMs: 1e12, maxSightings: 9 };
    t.equal(await store.rollUp('demo', plan), 'moved');
    const watched = await store.view('demo', async (view) => {
      const found = [];
      for await (const piece of view.pieces({ type: 'overlapping', window: allTime })) found.push(...piece.watched);
      return found;
    });
    t.match(
      watched.toSorted(([, a], [, b]) => b.incompleteWindows - a.incompleteWindows),
      [
        ['n1', { windows: 1, incompleteWindows: 1, losses: { spool: 3 } }],
        ['n1', { windows: 1, incompleteWindows: 0, losses: {} }],
      ],
    );
    await store.close();
  });

  t.test('has every batch that was acknowledged after it was killed, and none twice', async (t) => {
    const url = server.newDatabase();
    const store = await open(url);
    const acknowledged: number[] = [];
    let sequence = 1;
    for (let round = 0; round < 3; round++) {
      const stopAt = sequence + 20;
      const killed = new Promise<void>((resolve) => {
        setTimeout(() => void server.kill().then(resolve), 30 + round * 40);
      });
      for (; sequence < stopAt; sequence++) {
        try {
          const [result] = await store.commit([commitOf('n1', sequence)]);
          if (result?.type === 'committed' || result?.type === 'duplicate') acknowledged.push(sequence);
          else break;
        } catch (error) {
          t.match(error, { code: 'STORE' });
          break;
        }
      }
      await killed;
      await t.rejects(store.commit([commitOf('n1', sequence)]), { code: 'STORE' });
      await server.run();
      // What was under way when it was killed may be there or not: the cursor says it.
      const [cursor] = await store.cursors('demo');
      sequence = (cursor?.sequence ?? 0) + 1;
    }
    const stored = await storedSequences(store, 'n1');
    t.strictSame(
      stored,
      stored.map((_, i) => i + 1),
      'each once and in order',
    );
    t.ok(
      acknowledged.length > 0 && acknowledged.every((each) => stored.includes(each)),
      `${acknowledged.length} of them`,
    );
    await store.close();
  });

  t.test('is told the password by a file, also one that is replaced', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'weir-password-'));
    t.teardown(() => rmSync(folder, { recursive: true }));
    const passwordFile = join(folder, 'password');
    const url = server.newDatabase().replace('postgres@', 'guarded@');
    server.query("CREATE ROLE guarded LOGIN PASSWORD 'first'");
    server.query(`GRANT ALL ON SCHEMA ${/weir_\d+/.exec(url)?.[0]} TO guarded`);
    const rule = "SELECT 'host all guarded 127.0.0.1/32 scram-sha-256'";
    server.query(`COPY (${rule}) TO PROGRAM 'cat - pg_hba.conf > stricter && mv stricter pg_hba.conf'`);
    server.query('SELECT pg_reload_conf()');
    const openGuarded = () => PostgresStore.open({ url, passwordFile, maxCached: 10, log });

    writeFileSync(passwordFile, 'wrong');
    await t.rejects(openGuarded(), {
      code: 'STORE',
      message: /the password is not accepted; .*--database-password-file/,
    });
    writeFileSync(passwordFile, 'first\n');
    const store = await openGuarded();
    t.strictSame(await store.cursors('demo'), []);

    server.query("ALTER ROLE guarded PASSWORD 'second'");
    writeFileSync(passwordFile, 'second\n');
    t.strictSame(await segmentsIn(store, 'demo', allTime), [], 'the first connection that reads asks the file anew');
    await store.close();
  });

  t.test('says what to do when it cannot be used', async (t) => {
    const url = server.newDatabase();
    await t.rejects(open(server.urlOf('missing')), {
      code: 'STORE',
      message: /there is no such database; make it first/,
    });
    await t.rejects(open('postgres://weir:secret@127.0.0.1:1/weir'), {
      code: 'STORE',
      message: /PostgreSQL at 127\.0\.0\.1:1\/weir: nobody listens there; check host and port/,
    });
    await (await open(url)).close();
    const client = new pg.Client(url);
    await client.connect();
    await client.query('UPDATE weir_schema SET version = 99');
    await client.end();
    await t.rejects(open(url), {
      code: 'STORE',
      message: /have schema 99, this version of Weir reads 1 to 6; name another/,
    });
  });
});
